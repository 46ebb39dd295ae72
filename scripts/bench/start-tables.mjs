// The rows of the start of a process: the plugin, and its relay.
import { measureRelay } from './relay.mjs';
import { measureStart } from './start.mjs';

/** @typedef {import('./table.mjs').Line} Line */

/** @type {readonly import('./own-tables.mjs').OwnRow[]} */
export const STARTS = [
  {
    name: 'start',
    rounds: 21,
    needsBuild: true,
    measure: async ({ root, temporary, rounds }) => {
      const starts = await measureStart({ root, temporary, rounds });
      return {
        lines: starts.map((each) => ({ row: 'start', ...each, better: 'lower', digits: 1 })),
        columns: ['ours', 'node', 'ours : node'],
        means: [
          'the plugin from its start to the reply to initialize, to its exit, and to the start of codex (a shell script), all against the start and exit of node -e 0;',
          'idle: resident memory of the initialized plugin, against a Node that waits for stdin.',
        ],
      };
    },
  },
  {
    name: 'relay',
    rounds: 41,
    needsBuild: true,
    measure: async ({ root, temporary, rounds }) => {
      const { relay, node } = await measureRelay({ root, temporary, rounds });
      /** @param {string} measure @param {number[]} ours @param {number} [aim] @returns {Line} */
      const line = (measure, ours, aim) => ({
        row: 'relay',
        measure,
        ours,
        peer: node.map(({ end }) => end),
        better: 'lower',
        aim,
        digits: 1,
      });
      return {
        lines: [
          line(
            'first byte, ms',
            relay.map(({ arrived }) => arrived),
            1.15,
          ),
          line(
            'exit, ms',
            relay.map(({ end }) => end),
          ),
        ],
        columns: ['ours', 'node -e 0', 'ours : peer'],
        means: [
          'mcp-host as codex starts it, from its start to its first byte on the socket, and to its exit, with stdin closed;',
          'both against the start and exit of Node with nothing to do: the cost of the relay above that of a Node process.',
        ],
      };
    },
  },
];
