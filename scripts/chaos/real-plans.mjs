// Plans for turns of the real codex: what the model on loopback answers, and how the turn ends
// without a fault.
import { outputsSince, userTexts } from '../lib/model-server.mjs';

/**
 * `ends`: the stop reasons and kinds of error that are right; `reply`: the answer to the first
 * request of the turn and to later ones; `tools`: whether the turn needs a tool of the host.
 * @typedef {import('../lib/model-server.mjs').Step} Step
 * @typedef {import('../lib/model-server.mjs').ModelRequest} ModelRequest
 * @typedef {{ ends: readonly string[], reply: (isFirst: boolean) => Step[], tools?: boolean }}
 *   RealPlan
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
        ? shell('sleep 9061 > /dev/null 2>&1 & nohup sleep 9062 > /dev/null 2>&1 & echo left')
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

/**
 * The plan that a prompt names; none for another text, as codex sends to compact a thread.
 * @param {string} text @returns {RealPlan | undefined}
 */
const planOf = (text) => {
  const [, plan = ''] = /^\{"plan":"([^"]+)"/.exec(text) ?? [];
  return REAL[plan];
};

/**
 * Answers with the plan that the prompt names, and with a text when codex compacts the thread: a
 * turn that was cancelled while the model said much makes it do so before the next one.
 * @param {ModelRequest} request @returns {Step[]}
 */
export const replyByPlan = (request) =>
  planOf(userTexts(request).at(-1) ?? '')?.reply(outputsSince(request).length === 0) ?? done;
