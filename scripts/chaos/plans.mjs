// What codex does in a turn: the real one as the model on loopback tells it, the fake one as its
// prompt does; and how such a turn ends by itself.
import { outputsSince, userTexts } from '../lib/model-server.mjs';

/**
 * @typedef {import('../lib/random.mjs').Random} Random
 * @typedef {import('../lib/model-server.mjs').Step} Step
 * @typedef {import('../lib/model-server.mjs').ModelRequest} ModelRequest
 * @typedef {{ ends: readonly string[], steps: (random: Random, threadId: string) => object[] }}
 * FakePlan `ends`: stop reasons and kinds of error
 * @typedef {{ ends: readonly string[], reply: (isFirst: boolean) => Step[], tools?: boolean }}
 * RealPlan
 */

export const AGENT = 'demo-agent';
export const TOOL = {
  name: 'look_up',
  description: 'Looks a word up.',
  inputSchema: { type: 'object', properties: { ms: { type: 'number' } } },
};

/** @param {string} cmd @param {number} [yield_time_ms] @returns {Step[]} */
const shell = (cmd, yield_time_ms = 30_000) => [
  { call: { name: 'exec_command', arguments: { cmd, yield_time_ms } } },
];
/** @param {number} ms @returns {Step} */
const lookUp = (ms) => ({
  call: {
    namespace: `mcp__plexum_host_${AGENT.replaceAll('-', '_')}`,
    name: TOOL.name,
    arguments: { ms },
  },
});
/** @type {Step[]} */
const done = [{ text: 'Done.' }];

/** @type {Record<string, RealPlan>} */
export const REAL = {
  say: {
    ends: ['end_turn'],
    reply: () => [
      { reasoning: ['**Hm**\n\nWell.'] },
      { text: 'One word after the other.', deltas: 12, pauseMs: 40 },
    ],
  },
  much: {
    ends: ['end_turn'],
    reply: () =>
      Array.from({ length: 8 }, (_, nth) => ({ text: `${nth} ${'ü€😀 '.repeat(20_000)}` })),
  },
  shell: {
    ends: ['end_turn'],
    reply: (isFirst) => (isFirst ? [...shell('echo one; sleep 0.4'), ...shell('seq 1000')] : done),
  },
  leave: {
    ends: ['end_turn'],
    reply: (isFirst) =>
      isFirst
        ? shell(
            'sleep 9061 > /dev/null 2>&1 & nohup setsid sleep 9062 > /dev/null 2>&1 & echo left',
          )
        : done,
  },
  yielded: {
    ends: ['end_turn'],
    reply: (isFirst) => (isFirst ? shell('sleep 9063 & sleep 9064', 300) : done),
  },
  tool: {
    ends: ['end_turn'],
    reply: (isFirst) => (isFirst ? [lookUp(100), lookUp(700)] : done),
    tools: true,
  },
  tree: {
    ends: ['timeout'],
    reply: (isFirst) => (isFirst ? shell('sleep 9065 & sleep 9066') : done),
  },
  trap: {
    ends: ['timeout'],
    reply: (isFirst) =>
      isFirst ? shell('trap "" INT TERM HUP; sleep 9067 & sleep 9068; wait') : done,
  },
  'slow tool': {
    ends: ['timeout'],
    reply: (isFirst) => (isFirst ? [lookUp(60_000)] : done),
    tools: true,
  },
  silent: { ends: ['timeout'], reply: () => [{ hang: true }] },
  cut: { ends: ['stream_interrupted'], reply: () => [{ text: 'Half of' }, { cut: true }] },
  500: {
    ends: ['overloaded', 'stream_interrupted'],
    reply: () => [{ status: 500, body: { error: { message: 'The server had an error.' } } }],
  },
  429: {
    ends: ['rate_limit'],
    reply: () => [
      {
        status: 429,
        body: { error: { message: 'Rate limit reached.', type: 'rate_limit_exceeded' } },
      },
    ],
  },
};

/** Answers by the plan that the prompt names. @param {ModelRequest} request @returns {Step[]} */
export const replyByPlan = (request) => {
  const { plan } = JSON.parse(userTexts(request).at(-1) ?? '{}');
  return REAL[plan]?.reply(outputsSince(request).length === 0) ?? done;
};

const usage = { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1 };
const completed = { out: [{ type: 'turn.completed', usage }] };
/** @param {string} text */
const says = (text) => ({ type: 'item.completed', item: { type: 'agent_message', text } });
/** @param {string} thread_id */
const begin = (thread_id) => ({
  out: [{ type: 'thread.started', thread_id }, { type: 'turn.started' }, says('Well.')],
});
const forEver = { wait: 1_000_000 };
/** @param {Random} random @param {number} length */
const bytes = (random, length) => Buffer.from(Array.from({ length }, () => random.whole(0, 255)));

/** @type {Record<string, FakePlan>} */
export const FAKE = {
  talk: {
    ends: ['end_turn'],
    steps: (random, id) => [
      begin(id),
      { wait: random.whole(0, 600) },
      { out: [says('Bye.')] },
      completed,
    ],
  },
  noise: {
    ends: ['end_turn'],
    steps: (random, id) => [
      begin(id),
      {
        raw: Buffer.concat([bytes(random, random.whole(1, 20_000)), Buffer.from('\n')]).toString(
          'base64',
        ),
      },
      {
        out: [
          '',
          '{',
          '[]',
          'null',
          '{"type":"item.completed"}',
          '{"type":7}',
          '{"type":"new.kind","a":1}',
          '{"type":"thread.started"}',
          '\u2028',
        ],
      },
      { err: `${'noise '.repeat(random.whole(1, 40_000))}\n` },
      completed,
      { raw: Buffer.from('{"type":"half \u20ac').subarray(0, 14).toString('base64') },
    ],
  },
  long: {
    ends: ['end_turn'],
    steps: (random, id) => [begin(id), { long: random.whole(1, 12) * 1_000_000 }, completed],
  },
  flood: {
    ends: ['end_turn'],
    steps: (_, id) => [
      begin(id),
      ...Array.from({ length: 30 }, () => ({ long: 500_000 })),
      completed,
    ],
  },
  leave: {
    ends: ['end_turn'],
    steps: (_, id) => [
      begin(id),
      { child: {} },
      { child: { away: true } },
      { child: { hold: true } },
      completed,
    ],
  },
  lingers: { ends: ['end_turn'], steps: (_, id) => [begin(id), completed, forEver] },
  mute: {
    ends: ['timeout'],
    steps: (_, id) => [begin(id), { child: { hold: true } }, { mute: [] }, forEver],
  },
  dies: {
    ends: ['process_died'],
    steps: (random, id) => [
      begin(id),
      { child: { hold: true } },
      { kill: random.one(['SIGKILL', 'SIGSEGV', 'SIGTERM', 'SIGABRT', 'SIGXFSZ']) },
    ],
  },
  exits: {
    ends: ['process_died'],
    steps: (random, id) => [begin(id), { err: 'Error: no reason\n' }, { exit: random.whole(0, 3) }],
  },
  early: { ends: ['process_died'], steps: (random) => [{ exit: random.whole(0, 3) }] },
  silent: { ends: ['timeout'], steps: () => [forEver] },
  waits: { ends: ['timeout'], steps: (_, id) => [begin(id), { child: { away: true } }, forEver] },
  deaf: {
    ends: ['timeout'],
    steps: (_, id) => [{ ignore: ['SIGINT', 'SIGTERM'] }, begin(id), { child: {} }, forEver],
  },
};

/**
 * What the turn after a fault does on the fake codex: prints its own arguments. @param
 * {string} threadId
 */
export const tellSteps = (threadId) => [begin(threadId), { tell: [] }, completed];
