// Turns on one app-server, whose model answers by the kind that the prompt names.
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams, withTools } from '../lib/host.mjs';
import { outputsSince, userTexts } from '../lib/model-server.mjs';
import { processesOf, signal } from '../lib/processes.mjs';
import { AT_ONCE, checkEnd, TOOL } from './turn.mjs';

/**
 * @typedef {import('../lib/lab.mjs').Lab} Lab
 * @typedef {import('../lib/lab.mjs').Plugin} Plugin
 * @typedef {import('../lib/model-server.mjs').Step} Step
 */

/** Turns of a workspace, until a new one with a new thread replaces it. */
const TURNS_OF_THREAD = 25;

/** @param {string} cmd @returns {Step} */
const shell = (cmd) => ({ call: { name: 'exec_command', arguments: { cmd } } });
/** @type {Record<string, { ends: string, reply: (isFirst: boolean) => Step[] }>} */
const SERVED = {
  said: {
    ends: 'end_turn',
    reply: () => [{ reasoning: ['Hm.'] }, { text: 'x'.repeat(2_000), deltas: 20 }],
  },
  tools: {
    ends: 'end_turn',
    reply: (isFirst) => [
      isFirst
        ? { call: { name: TOOL.name, namespace: 'mcp__plexum_host_demo_agent', arguments: {} } }
        : { text: 'Done.' },
    ],
  },
  command: {
    ends: 'end_turn',
    reply: (isFirst) => [
      isFirst ? shell('sleep 600 > /dev/null 2>&1 & echo hi') : { text: 'Done.' },
    ],
  },
  cancelled: { ends: 'cancelled', reply: () => [{ text: 'part', deltas: 2 }, { hang: true }] },
  'cancelled at once': { ends: 'cancelled', reply: () => [{ hang: true }] },
  failed: {
    ends: 'rate_limit',
    reply: () => [
      {
        status: 429,
        body: { error: { message: 'Rate limit reached.', type: 'rate_limit_exceeded' } },
      },
    ],
  },
  died: { ends: 'process_died', reply: () => [{ text: 'part' }, { hang: true }] },
};
/** The kinds of ten turns. */
const KINDS = [
  'said',
  'cancelled',
  'said',
  'tools',
  'failed',
  'command',
  'cancelled at once',
  'tools',
  'said',
  'said',
];

/**
 * The answer of the model to the kind that the prompt names; a short text to any other prompt.
 * @param {import('../lib/model-server.mjs').ModelRequest} request @returns {Step[]}
 */
export const replyByKind = (request) =>
  SERVED[userTexts(request).at(-1) ?? '']?.reply(outputsSince(request).length === 0) ?? [
    { reasoning: ['Hm.'] },
    { text: 'Done.' },
  ];

/** Waits for the first text. @param {import('../lib/host.mjs').OpenTurn} turn */
const begun = async ({ events }) => {
  while (!events.some(({ event }) => event.type === 'text_delta')) await sleep(5);
};

/** The pid of the app-server of a lab. @param {Lab} lab */
export const serverOf = (lab) =>
  processesOf(lab.home).find(({ args }) => args.includes('app-server'))?.pid;

/**
 * Turns on the app-server.
 * @param {Lab} lab @param {Plugin} plugin @returns {import('./turn.mjs').Turn}
 */
export const servedTurns = (lab, plugin) => async (nth) => {
  const kind = KINDS[nth % KINDS.length] ?? '';
  const params = turnParams(
    lab.makeWorkspace(`${nth % AT_ONCE}-${Math.floor(nth / AT_ONCE / TURNS_OF_THREAD)}`),
    kind,
  );
  const turn = plugin.stream(kind === 'tools' ? withTools(params, [TOOL]) : params);
  if (kind === 'cancelled') await begun(turn);
  if (kind.startsWith('cancelled')) plugin.cancel(turn.id);
  else await turn.response;
  await checkEnd(turn, kind, SERVED[kind]?.ends);
};

/** Runs a turn and kills the app-server in it. @param {Lab} lab @param {Plugin} plugin */
export const killServer = async (lab, plugin) => {
  const turn = plugin.stream(turnParams(lab.makeWorkspace('died'), 'died'));
  await begun(turn);
  const server = serverOf(lab);
  if (server !== undefined) signal(server, 'SIGKILL');
  await turn.response;
  await checkEnd(turn, 'died', SERVED['died']?.ends);
};
