// The turns of the soak, each of a kind that ends in one way: on the fake codex by its prompt, on
// the real one by the model.
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams, withTools } from '../lib/host.mjs';
import { outputsSince, userTexts } from '../lib/model-server.mjs';
import { processesOf, signal } from '../lib/processes.mjs';

/**
 * @typedef {import('../lib/lab.mjs').Lab} Lab
 * @typedef {import('../lib/lab.mjs').Plugin} Plugin
 * @typedef {import('../lib/host.mjs').OpenTurn} OpenTurn
 * @typedef {import('../lib/model-server.mjs').Step} Step
 * @typedef {import('../lib/model-server.mjs').ModelRequest} ModelRequest
 * @typedef {(nth: number) => Promise<void>} Turn fails when a turn ends otherwise than its kind
 */

export const AT_ONCE = 4;
/** Turns of a workspace of the app-server, until a new one with a new thread takes its place. */
const TURNS_OF_THREAD = 25;

const tool = { name: 'look_up', description: 'Looks a word up.', inputSchema: { type: 'object' } };
const usage = { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1 };
const started = { type: 'thread.started', thread_id: '01a1fb66-da72-74a1-b1d7-516b533534cb' };
const said = { type: 'item.completed', item: { type: 'agent_message', text: 'x'.repeat(20_000) } };
const whole = [
  { out: [started, { type: 'turn.started' }, said, said, { type: 'turn.completed', usage }] },
];
/** @type {Record<string, { ends: string, steps: unknown[] }>} */
const FAKE = {
  completed: { ends: 'end_turn', steps: whole },
  tools: { ends: 'end_turn', steps: whole },
  failed: {
    ends: 'rate_limit',
    steps: [
      { out: [started, { type: 'turn.failed', error: { message: 'rate limit' } }] },
      { exit: 1 },
    ],
  },
  died: { ends: 'process_died', steps: [{ out: [started] }, { kill: 'SIGKILL' }] },
  cancelled: { ends: 'cancelled', steps: [{ out: [started] }, { wait: 100_000 }] },
};
/** What the turns of ten are to end with. */
const FAKES = [
  'completed',
  'cancelled',
  'completed',
  'tools',
  'failed',
  'completed',
  'died',
  'tools',
  'completed',
  'completed',
];

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
        ? { call: { name: tool.name, namespace: 'mcp__plexum_host_demo_agent', arguments: {} } }
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
const SERVEDS = [
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
 * What the model answers: by the kind that the prompt names. @param {ModelRequest} request @returns
 * {Step[]}
 */
export const replyByKind = (request) =>
  SERVED[userTexts(request).at(-1) ?? '']?.reply(outputsSince(request).length === 0) ?? [
    { reasoning: ['Hm.'] },
    { text: 'Done.' },
  ];

/** @param {OpenTurn} turn @param {string} kind @param {string | undefined} ends */
const check = async (turn, kind, ends) => {
  const last = await turn.ended;
  if ((last['stop_reason'] ?? last['kind']) !== ends)
    throw new Error(`a turn, ${kind}, ended with ${JSON.stringify(last)}`);
};

/** @param {OpenTurn} turn */
const begun = async ({ events }) => {
  while (!events.some(({ event }) => event.type === 'text_delta')) await sleep(5);
};

/** Every 20th is one of the real codex. @param {Lab} lab @param {Plugin} plugin @returns {Turn} */
export const execTurns = (lab, plugin) => {
  const fakes = Array.from({ length: AT_ONCE }, (_, nth) =>
    lab.makeWorkspace(`fake-${nth}`, { fake: true }),
  );
  const real = lab.makeWorkspace('real');
  return async (nth) => {
    const kind = nth % 20 === 19 ? 'real' : (FAKES[nth % FAKES.length] ?? '');
    const params =
      kind === 'real'
        ? turnParams(real, 'Say one word.')
        : turnParams(fakes[nth % AT_ONCE] ?? '', JSON.stringify(FAKE[kind]?.steps));
    const turn = plugin.stream(kind === 'tools' ? withTools(params, [tool]) : params);
    if (kind === 'cancelled') {
      await sleep(150);
      plugin.cancel(turn.id);
    } else await turn.response;
    await check(turn, kind, kind === 'real' ? 'end_turn' : FAKE[kind]?.ends);
  };
};

/** The app-server of a lab. @param {Lab} lab @returns {number | undefined} its pid */
export const serverOf = (lab) =>
  processesOf(lab.home).find(({ args }) => args.includes('app-server'))?.pid;

/** @param {Lab} lab @param {Plugin} plugin @returns {Turn} */
export const servedTurns = (lab, plugin) => async (nth) => {
  const kind = SERVEDS[nth % SERVEDS.length] ?? '';
  const params = turnParams(
    lab.makeWorkspace(`${nth % AT_ONCE}-${Math.floor(nth / AT_ONCE / TURNS_OF_THREAD)}`),
    kind,
  );
  const turn = plugin.stream(kind === 'tools' ? withTools(params, [tool]) : params);
  if (kind === 'cancelled') await begun(turn);
  if (kind.startsWith('cancelled')) plugin.cancel(turn.id);
  else await turn.response;
  await check(turn, kind, SERVED[kind]?.ends);
};

/** A turn in which the app-server is killed. @param {Lab} lab @param {Plugin} plugin */
export const killServer = async (lab, plugin) => {
  const turn = plugin.stream(turnParams(lab.makeWorkspace('died'), 'died'));
  await begun(turn);
  signal(serverOf(lab) ?? 0, 'SIGKILL');
  await turn.response;
  await check(turn, 'died', SERVED['died']?.ends);
};
