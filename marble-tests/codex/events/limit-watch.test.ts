import { describe, expect, it } from 'vitest';
import { createLimitWatch } from '../../../src/codex/events/limit-watch.js';

const RESET = 20_000;
const limits = (used_percent: number, more: object = {}, resets_at = RESET) => ({
  limit_id: 'codex',
  primary: { used_percent, window_minutes: 300, resets_at },
  secondary: null,
  ...more,
});
/** The levels of the notes of each report, in order. */
const levelsOf = (...reports: readonly (readonly [limits: unknown, now: number])[]) => {
  const watch = createLimitWatch();
  return reports.map(([each, now]) => watch(each, now).map(({ level }) => level));
};

describe('createLimitWatch', () => {
  it('notes each threshold once until the window resets', () => {
    const reports = [79, 80, 81, 94, 95, 99, 100].map((used) => [limits(used), 1_000] as const);
    const after = [limits(85, {}, 2 * RESET), RESET * 1_000] as const;

    expect(levelsOf(...reports, after, after)).toEqual([
      [],
      ['notice'],
      [],
      [],
      ['warning'],
      [],
      [],
      ['notice'],
      [],
    ]);
  });

  it('notes only the higher of two thresholds that are crossed at once', () => {
    expect(levelsOf([limits(97), 0], [limits(86), 0])).toEqual([['warning'], []]);
  });

  it('ignores a window that has reset since', () => {
    expect(levelsOf([limits(97), RESET * 1_000])).toEqual([[]]);
  });

  it('takes a fall of the use for a reset', () => {
    expect(levelsOf([limits(96), 0], [limits(20), 0], [limits(81), 0])).toEqual([
      ['warning'],
      [],
      ['notice'],
    ]);
  });

  it('keeps the windows and the limits of an account apart', () => {
    const both = limits(85, { secondary: { used_percent: 96, window_minutes: 10_080 } });
    const other = limits(85, { limit_id: 'other' });

    expect(levelsOf([both, 0], [other, 0], [both, 0], [other, 0])).toEqual([
      ['notice', 'warning'],
      ['notice'],
      [],
      [],
    ]);
  });

  it('says which window is used up how far, and when it resets', () => {
    expect(createLimitWatch()(limits(82), 0)).toEqual([
      {
        level: 'notice',
        msg: "82 % of the account's limit (5 h) is used; it resets at 1970-01-01T05:33:20Z",
        fields: {
          limit: 'codex',
          used_percent: 82,
          window_minutes: 300,
          resets_at: '1970-01-01T05:33:20Z',
        },
      },
    ]);
  });

  it.each([undefined, null, 'full', {}, { primary: null, secondary: null }])(
    'notes nothing for %j',
    (none) => {
      expect(levelsOf([none, 0])).toEqual([[]]);
    },
  );
});
