// Plans for turns of the fake codex: the steps of its prompt, and how the turn ends without a
// fault.

/**
 * `ends`: the stop reasons and kinds of error that are right.
 * @typedef {import('../lib/random.mjs').Random} Random
 * @typedef {{ ends: readonly string[], steps: (random: Random, threadId: string) => object[] }}
 *   FakePlan
 */

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
    steps: (_, id) => [begin(id), { child: {} }, { child: { hold: true } }, completed],
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
    // codex has said why, in words that no rule knows.
    ends: ['internal'],
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
 * The turn after a fault on the fake codex: it prints its own arguments as a message.
 * @param {string} threadId
 */
export const tellSteps = (threadId) => [begin(threadId), { tell: [] }, completed];
