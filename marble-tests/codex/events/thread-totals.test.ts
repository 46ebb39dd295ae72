import { describe, expect, it } from 'vitest';
import type { Usage } from '../../../src/canonical/turn-event.js';
import { createThreadTotals } from '../../../src/codex/events/thread-totals.js';

const total = (input_tokens: number): Usage => ({ input_tokens, cached_input_tokens: 0, output_tokens: 0, reasoning_output_tokens: 0 });

/** Sets the totals of these threads in turn, and returns which are known then. */
const known = (limit: number, order: string): string => {
  const totals = createThreadTotals(limit);
  Array.from(order).forEach((id, i) => totals.set(id, total(i)));
  return [...new Set(order)].filter((id) => totals.get(id) !== undefined).join('');
};

describe('createThreadTotals', () => {
  it('knows no thread at first', () => {
    expect(createThreadTotals().get('a')).toBeUndefined();
  });

  it('remembers the last total of each thread', () => {
    const totals = createThreadTotals();
    totals.set('a', total(1));
    totals.set('b', total(2));
    totals.set('a', total(3));

    expect(totals.get('a')).toEqual(total(3));
    expect(totals.get('b')).toEqual(total(2));
  });

  it.each([
    [2, 'ab', 'ab'],
    [2, 'abc', 'bc'],
    [2, 'abac', 'ac'],
    [2, 'aaaa', 'a'],
    [2, 'abcabc', 'bc'],
    [1, 'ab', 'b'],
  ])('with a limit of %d, of %s remembers %s', (limit, order, left) => {
    expect(known(limit, order)).toBe(left);
  });

  it('is bounded by 1,000 threads', () => {
    const totals = createThreadTotals();
    for (let i = 0; i <= 1_000; i += 1) totals.set(`${i}`, total(i));

    expect(totals.get('0')).toBeUndefined();
    expect(totals.get('1')).toEqual(total(1));
    expect(totals.get('1000')).toEqual(total(1_000));
  });

  it('knows no thread by a name of Object', () => {
    expect(createThreadTotals().get('constructor')).toBeUndefined();
  });
});
