// The rows of work that grows, with captions: a long thread, many turns at once, many agents.
import { measureAgents, WORKSPACES } from './agents.mjs';
import { AT_ONCE, measureMany } from './many.mjs';
import { measureThread } from './thread.mjs';
import { canMeasureTrees } from './tree-memory.mjs';

/** The rows of this file. */
export const LOAD = /** @type {const} */ (['thread', 'many', 'agents']);

/** @type {Record<(typeof LOAD)[number], import('./own-tables.mjs').MeasureOwn>} */
export const measureLoad = {
  thread: async (options) => ({
    lines: await measureThread(options),
    columns: ['first', 'second', 'compared'],
    means: [
      'a turn on a thread of 400 MB, which codex reads whole, through the plugin and by the bare binary with the same arguments;',
      'the app-server starts for each turn. Peak memory: the plugin alone, in that turn and in one on a thread with a few turns.',
    ],
  }),
  many: async (options) => ({
    lines: await measureMany(options),
    columns: ['ours', 'bare codex', 'compared'],
    means: [
      `${AT_ONCE} turns at once in as many workspaces, through one plugin and as ${AT_ONCE} bare binaries: the cost of the plugin,`,
      'and whether a turn waits for the others: the first text of the first and of the last of them.',
    ],
  }),
  agents: async (options) => ({
    lines: canMeasureTrees ? await measureAgents(options) : [],
    columns: [`${WORKSPACES} workspaces`, 'one', 'first - second'],
    means: [
      `what the plugin has open after a turn with a call of a tool in each of ${WORKSPACES} workspaces, on the app-server.`,
    ],
  }),
};
