// The rows with a table of their own: their lines, columns and captions.
import { AI_SDK_VERSION } from './ai-sdk.mjs';
import { measureAppServer } from './app-server.mjs';
import { SDK_VERSION } from './codex-sdk.mjs';
import { LOAD, measureLoad } from './load-tables.mjs';
import { MUTATIONS, measureMutate } from './mutate.mjs';
import { measureRelay } from './relay.mjs';
import { measureStart } from './start.mjs';
import { measureTools, TOOLS } from './tools.mjs';
import { canMeasureTrees } from './tree-memory.mjs';
import { measureTurns } from './turns.mjs';

/**
 * @typedef {import('./table.mjs').Line} Line
 * @typedef {(typeof OWN)[number]} Own
 * @typedef {{ lines: Line[], columns: [string, string, string], means: string[], notes?: string[]
 * }} Table
 * @typedef {{ root: string, bundle: string, sdk: string, temporary: string, rounds: number, quick:
 * boolean }} OwnOptions
 * @typedef {(options: OwnOptions) => Promise<Table>} MeasureOwn
 */

/** The rows with a table of their own. */
export const OWN = /** @type {const} */ ([
  'start',
  'turn',
  'relay',
  'tools',
  'app-server',
  'mutate',
  ...LOAD,
]);

/** The rows that run the built plugin. @type {readonly string[]} */
export const BUILT = ['start', 'turn', 'relay', 'tools', 'app-server', ...LOAD];

/** @type {Record<Own, MeasureOwn>} */
export const measureOwn = {
  ...measureLoad,
  start: async ({ root, temporary, rounds }) => {
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
  turn: async ({ root, bundle, temporary, rounds }) => {
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
  relay: async ({ root, temporary, rounds }) => {
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
  tools: async ({ root, temporary, rounds }) => ({
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
  'app-server': async ({ root, bundle, sdk, temporary, rounds }) => {
    const { lines, notes, node } = await measureAppServer({ root, bundle, sdk, temporary, rounds });
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
  mutate: async ({ bundle, temporary, rounds, quick }) => {
    const { lines, bytes, calls } = await measureMutate({ bundle, temporary, rounds, quick });
    return {
      lines,
      columns: ['ours', 'cp, idle', 'ours : cp, - idle'],
      means: [
        `${MUTATIONS} tool results are marked as consumed in a rollout of ${(bytes / 1e6).toFixed(0)} MB with ${calls} calls, journal and flushes included,`,
        'in one process, as in the plugin, against cp of the same file within the file cache.',
      ],
    };
  },
};
