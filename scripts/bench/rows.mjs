// The rows that are measured against codex-sdk.
import { ASCII, UNICODE } from './inputs.mjs';

/**
 * `rate`: what of the input is counted; `aim`: the least ratio of the rates, 1 unless given;
 * `pauseMs`: what the reader takes for an event; `limit`: the events that it reads.
 * @typedef {{ name: string, what: string, means: string, input: import('./inputs.mjs').Input,
 *   rate: 'events' | 'bytes', aim?: number, pauseMs?: number, limit?: number }} Row
 */

const count = (/** @type {number} */ value) => value.toLocaleString('en');

/** @param {boolean} quick small sizes @returns {Row[]} */
export const rowsOf = (quick) => {
  const [small, big, oneMiB, slow] = quick ? [5_000, 200, 2, 100] : [200_000, 20_000, 64, 3_000];
  return [
    {
      name: 'lines',
      rate: 'events',
      aim: 1.5,
      what: `${count(small)} lines of 270 B`,
      means: 'the cost of an event, from the process to the canonical event',
      input: { lines: small, chars: 190, text: ASCII },
    },
    {
      name: 'unicode',
      rate: 'events',
      what: `${count(small)} lines of 270 characters, some beyond ASCII`,
      means: 'the same for text that V8 stores in two bytes a character, as most prose',
      input: { lines: small, chars: 190, text: UNICODE },
    },
    {
      name: 'big',
      rate: 'bytes',
      what: `${count(big)} lines of 20 KB`,
      means: 'the cost of a byte: long answers and outputs of commands',
      input: { lines: big, chars: 20_000, text: ASCII },
    },
    {
      name: 'one',
      rate: 'bytes',
      aim: 1.5,
      what: `one line of ${oneMiB} MiB`,
      means: 'whether time and memory stay linear in the length of a line',
      input: { lines: 1, chars: oneMiB * 1024 * 1024, text: ASCII },
    },
    {
      name: 'slow',
      rate: 'events',
      what: `the first ${count(slow)} of ${count(big)} lines of 20 KB, with a reader that takes 1 ms an event`,
      means: 'whether codex waits for a slow host, or its output piles up in memory',
      input: { lines: big, chars: 20_000, text: ASCII },
      pauseMs: 1,
      limit: slow,
    },
  ];
};
