import { describe, expect, it } from 'vitest';
import { noUsage, type Usage } from '../../../src/canonical/turn-event.js';
import { addUsage, totalUsage, turnUsage } from '../../../src/codex/events/turn-usage.js';

/** Input, of it cached, output, of it reasoning. */
type Counters = readonly [number, number, number, number];

const usage = ([input, cached, output, reasoning]: Counters): Usage => ({
  input_tokens: input,
  cached_input_tokens: cached,
  output_tokens: output,
  reasoning_output_tokens: reasoning,
});

describe('totalUsage', () => {
  it('keeps all counters', () => {
    expect(totalUsage(usage([1, 2, 3, 4]))).toEqual(usage([1, 2, 3, 4]));
  });

  it('is 0 for a missing counter, and ignores other counters', () => {
    expect(totalUsage({ input_tokens: 1, output_tokens: 3 })).toEqual(usage([1, 0, 3, 0]));
    expect(totalUsage(undefined)).toEqual(noUsage);
    expect(totalUsage({ ...usage([1, 2, 3, 4]), ...{ cache_write_input_tokens: 9 } })).toEqual(
      usage([1, 2, 3, 4]),
    );
  });
});

describe('totalUsage of an invalid counter', () => {
  it.each([-1, 0.5, 2 ** 53])('is 0 for %s', (input_tokens) => {
    expect(totalUsage({ ...usage([1, 2, 3, 4]), input_tokens })).toEqual(usage([0, 2, 3, 4]));
  });
});

describe('turnUsage', () => {
  it.each<[string, Counters, Counters, Counters]>([
    ['the growth of each counter', [200, 90, 40, 8], [100, 40, 20, 5], [100, 50, 20, 3]],
    ['0 without growth', [100, 40, 20, 5], [100, 40, 20, 5], [0, 0, 0, 0]],
    ['never below 0 for cached tokens', [200, 10, 40, 8], [100, 40, 20, 5], [100, 0, 20, 3]],
    ['never below 0 for reasoning tokens', [200, 90, 40, 1], [100, 40, 20, 5], [100, 50, 20, 0]],
    [
      'the full total when the input shrank, as for a new thread',
      [90, 40, 40, 8],
      [100, 40, 20, 5],
      [90, 40, 40, 8],
    ],
    ['the full total when the output shrank', [200, 90, 10, 2], [100, 40, 20, 5], [200, 90, 10, 2]],
    ['the full total after a total of 0', [200, 90, 40, 8], [0, 0, 0, 0], [200, 90, 40, 8]],
  ])('is %s', (_, after, before, turn) => {
    expect(turnUsage(usage(after), usage(before))).toEqual(usage(turn));
  });

  it('is the full total when the total before is unknown', () => {
    expect(turnUsage(usage([200, 90, 40, 8]))).toEqual(usage([200, 90, 40, 8]));
  });
});

describe('addUsage', () => {
  it('adds each counter', () => {
    expect(addUsage(usage([1, 2, 3, 4]), usage([10, 20, 30, 40]))).toEqual(usage([11, 22, 33, 44]));
  });

  it('starts from no usage', () => {
    expect(addUsage(undefined, usage([1, 2, 3, 4]))).toEqual(usage([1, 2, 3, 4]));
  });
});
