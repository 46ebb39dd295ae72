import { describe, expect, it } from 'vitest';
import { noUsage, type Usage } from '../../../src/canonical/turn-event.js';
import { totalUsage, turnUsage } from '../../../src/codex/events/turn-usage.js';

/** Input, of it cached, output, of it reasoning. */
type Counters = readonly [number, number, number, number];

const usage = ([input, cached, output, reasoning]: Counters): Usage => ({
  input_tokens: input,
  cached_input_tokens: cached,
  output_tokens: output,
  reasoning_output_tokens: reasoning,
});

describe('totalUsage', () => {
  it('takes all counters over', () => {
    expect(totalUsage(usage([1, 2, 3, 4]))).toEqual(usage([1, 2, 3, 4]));
  });

  it('takes a counter that is missing for 0, and none beyond the four', () => {
    expect(totalUsage({ input_tokens: 1, output_tokens: 3 })).toEqual(usage([1, 0, 3, 0]));
    expect(totalUsage(undefined)).toEqual(noUsage);
    expect(totalUsage({ ...usage([1, 2, 3, 4]), ...{ cache_write_input_tokens: 9 } })).toEqual(
      usage([1, 2, 3, 4]),
    );
  });
});

describe('turnUsage', () => {
  it.each<[string, Counters, Counters, Counters]>([
    ['the growth', [200, 90, 40, 8], [100, 40, 20, 5], [100, 50, 20, 3]],
    ['nothing when nothing grew', [100, 40, 20, 5], [100, 40, 20, 5], [0, 0, 0, 0]],
    ['no cached tokens below 0', [200, 10, 40, 8], [100, 40, 20, 5], [100, 0, 20, 3]],
    ['no reasoning below 0', [200, 90, 40, 1], [100, 40, 20, 5], [100, 50, 20, 0]],
    [
      'all of it when input shrank: the thread began anew',
      [90, 40, 40, 8],
      [100, 40, 20, 5],
      [90, 40, 40, 8],
    ],
    ['all of it when output shrank', [200, 90, 10, 2], [100, 40, 20, 5], [200, 90, 10, 2]],
    ['all of it after nothing', [200, 90, 40, 8], [0, 0, 0, 0], [200, 90, 40, 8]],
  ])('is %s', (_, after, before, turn) => {
    expect(turnUsage(usage(after), usage(before))).toEqual(usage(turn));
  });

  it('is all of it when nothing is known of before', () => {
    expect(turnUsage(usage([200, 90, 40, 8]))).toEqual(usage([200, 90, 40, 8]));
  });
});
