import { describe, expect, it } from 'vitest';
import { endWords, errorWords, seconds } from '../../../src/cli/say/words.js';

const usage = {
  input_tokens: 1_234_567,
  cached_input_tokens: 1_000,
  output_tokens: 20,
  reasoning_output_tokens: 8,
};

describe('errorWords', () => {
  it.each([
    [{ retryable: false }, 'codex: no (auth; trying again will not help)'],
    [{ retryable: true }, 'codex: no (auth; it may be tried again)'],
    [{ retryable: true, retry_after_ms: 61_000 }, 'codex: no (auth; try again in 1 min 1 s)'],
  ])('describes an error with %j', (fields, words) => {
    expect(errorWords({ type: 'error', kind: 'auth', message: 'codex: no', ...fields })).toBe(
      words,
    );
  });
});

describe('endWords', () => {
  it.each([
    ['end_turn' as const, '1,234,567 tokens in (1,000 cached), 20 out, 2 s'],
    ['cancelled' as const, 'cancelled, 1,234,567 tokens in (1,000 cached), 20 out, 2 s'],
  ])('describes a turn that ends with %s', (stop_reason, words) => {
    expect(endWords({ type: 'message_end', stop_reason, usage, thread_id: '' }, 2_400)).toBe(words);
  });
});

it('endWords describes how full the context is', () => {
  const end = { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: '' } as const;
  const context = { used_tokens: 129_200, window_tokens: 258_400 };
  expect(endWords({ ...end, context }, 2_000)).toContain('20 out, context 50 % of 258,400, 2 s');
  expect(endWords({ ...end, context, compacted: true }, 2_000)).toContain(
    'context 50 % of 258,400 after a compaction, 2 s',
  );
});

describe('seconds', () => {
  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [3_725_000, '62 min 5 s'],
  ])('writes %d ms as %s', (ms, words) => {
    expect(seconds(ms)).toBe(words);
  });
});
