// The rows of a turn of the real codex: by the bare binary, with tools, on the app-server.
import { AI_SDK_VERSION } from './ai-sdk.mjs';
import { measureAppServer } from './app-server.mjs';
import { SDK_VERSION } from './codex-sdk.mjs';
import { measureTools, TOOLS } from './tools.mjs';
import { canMeasureTrees } from './tree-memory.mjs';
import { measureTurns } from './turns.mjs';

/** @typedef {import('./table.mjs').Line} Line */

/** @type {readonly import('./own-tables.mjs').OwnRow[]} */
export const TURNS = [
  {
    name: 'turn',
    rounds: 41,
    needsBuild: true,
    measure: async ({ root, bundle, temporary, rounds }) => {
      const times = await measureTurns({ root, bundle, temporary, rounds });
      /**
       * @param {string} measure @param {'text' | 'end'} key @param {number} [aim] @returns
       * {Line}
       */
      const line = (measure, key, aim) => ({
        row: 'turn',
        measure,
        ours: times.plugin.map((time) => time[key]),
        peer: times.bare.map((time) => time[key]),
        better: 'lower',
        aim,
        digits: 0,
      });
      return {
        lines: [line('first text, ms', 'text', 1.1), line('end of turn, ms', 'end', 1.1)],
        columns: ['ours', 'bare codex', 'ours : peer'],
        means: [
          'a turn of the real codex, from the request to its response, against the bare binary with the same arguments: the cost of the plugin.',
          `The start of the plugin, once, took ${times.startMs.toFixed(0)} ms.`,
        ],
      };
    },
  },
  {
    name: 'tools',
    rounds: 41,
    needsBuild: true,
    measure: async ({ root, temporary, rounds }) => ({
      lines: await measureTools({ root, temporary, rounds }),
      columns: ['first', 'second', 'first - second'],
      means: [
        `turns of the real codex through the plugin, without tools (none) and with ${TOOLS} over "bridge": "http" and "stdio";`,
        'the model answers with text at once, or calls one tool first, which takes a second request to the model.',
        canMeasureTrees
          ? 'Peak memory: plugin, codex and relay together, in proportional set size (PSS), sampled every few ms in turns of their own.'
          : 'Peak memory is missing: it comes from /proc of Linux.',
      ],
    }),
  },
  {
    name: 'app-server',
    rounds: 41,
    needsBuild: true,
    measure: async ({ root, bundle, sdk, temporary, rounds }) => {
      const { lines, notes, node } = await measureAppServer({
        root,
        bundle,
        sdk,
        temporary,
        rounds,
      });
      return {
        lines,
        columns: ['first', 'second', 'first : second'],
        means: [
          'turns on each version of codex, with a model that answers at once or within a second. Warm: the thread is loaded; cold: the turn starts the app-server;',
          'a tool: one tool of the daemon is offered. The bare client only speaks JSON-RPC; exec new and exec resume run through the plugin.',
          `Plugin and peers (codex-sdk ${SDK_VERSION}, ai-sdk-provider-codex-cli ${AI_SDK_VERSION}) on Node ${node} and the native codex; the plugin is timed at the host, the peers within their process.`,
          canMeasureTrees
            ? 'Memory: plugin or peer with its codex, idle, in proportional set size (PSS); the plugin has a folder for each thread, the peer one folder, since it starts an app-server for each.'
            : 'Memory is missing: it comes from /proc of Linux.',
        ],
        notes,
      };
    },
  },
];
