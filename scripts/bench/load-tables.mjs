// The rows of work that grows: a big rollout, a long thread, many turns at once, many agents.
import { measureAgents, WORKSPACES } from './agents.mjs';
import { AT_ONCE, measureMany } from './many.mjs';
import { MUTATIONS, measureMutate } from './mutate.mjs';
import { measureThread } from './thread.mjs';
import { canMeasureTrees } from './tree-memory.mjs';
import { LINES, measureWire } from './wire.mjs';

/** @type {readonly import('./own-tables.mjs').OwnRow[]} */
export const LOADS = [
  {
    name: 'wire',
    rounds: 5,
    needsBuild: true,
    measure: async (options) => ({
      ...(await measureWire(options)),
      columns: ['ours', 'codex-sdk', 'ours : peer'],
      means: [
        `${LINES.toLocaleString('en')} lines of 270 B of a fake codex, as the host of a process reads them: the built plugin, from the request of a turn to its`,
        'response, and the least bridge of codex-sdk, which writes each event as a line of JSON. lines, above, stops before the frames.',
      ],
    }),
  },
  {
    name: 'mutate',
    rounds: 11,
    needsBuild: false,
    measure: async ({ bundle, temporary, rounds, quick }) => {
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
  },
  {
    name: 'thread',
    rounds: 5,
    needsBuild: true,
    measure: async (options) => ({
      lines: await measureThread(options),
      columns: ['first', 'second', 'compared'],
      means: [
        'a turn on a thread of 400 MB, which codex reads whole, through the plugin and by the bare binary with the same arguments;',
        'the app-server starts for each turn. Peak memory: the plugin alone, in that turn and in one on a thread with a few turns.',
      ],
    }),
  },
  {
    name: 'many',
    rounds: 5,
    needsBuild: true,
    measure: async (options) => ({
      lines: await measureMany(options),
      columns: ['ours', 'bare codex', 'compared'],
      means: [
        `${AT_ONCE} turns at once in as many workspaces, through one plugin and as ${AT_ONCE} bare binaries: the cost of the plugin,`,
        'and whether a turn waits for the others: the first text of the first and the last of them, and the mean of all.',
      ],
    }),
  },
  {
    name: 'agents',
    rounds: 3,
    needsBuild: true,
    measure: async (options) => ({
      lines: canMeasureTrees ? await measureAgents(options) : [],
      columns: [`${WORKSPACES} workspaces`, 'one', 'first - second'],
      means: [
        `what the plugin has open after a turn with a call of a tool in each of ${WORKSPACES} workspaces, on the app-server.`,
      ],
    }),
  },
];
