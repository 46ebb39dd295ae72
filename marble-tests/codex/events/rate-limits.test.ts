import { describe, expect, it } from 'vitest';
import {
  resetOf,
  resetWords,
  windowsOf,
  windowWords,
} from '../../../src/codex/events/rate-limits.js';

describe('resetOf', () => {
  it.each<[what: string, limits: unknown, ms: number | undefined]>([
    ['of no limits', {}, undefined],
    ['of limits without windows', { primary: null, secondary: null }, undefined],
    ['of a window without a reset', { primary: { usedPercent: 100, resetsAt: null } }, undefined],
    ['of a window that is not full', { primary: { usedPercent: 99, resetsAt: 5 } }, undefined],
    ['of what is no limits', 'full', undefined],
    [
      'of the full window',
      { primary: { usedPercent: 100, resetsAt: 5 }, secondary: { usedPercent: 40, resetsAt: 9 } },
      5_000,
    ],
    [
      'of the last of two full windows',
      { primary: { usedPercent: 101, resetsAt: 5 }, secondary: { usedPercent: 100, resetsAt: 9 } },
      9_000,
    ],
    [
      'of the windows of a rollout',
      {
        primary: { used_percent: 12, resets_at: 5 },
        secondary: { used_percent: 100, resets_at: 9 },
      },
      9_000,
    ],
  ])('is the reset %s', (_what, limits, ms) => {
    expect(resetOf(limits)).toBe(ms);
  });
});

describe('windowsOf', () => {
  it('takes no length of a window that none can have', () => {
    const primary = { used_percent: 85, window_minutes: -1 };
    expect(windowsOf({ primary })).toEqual([{ name: 'primary', usedPercent: 85 }]);
  });

  it('reads the windows of an app-server', () => {
    const primary = { usedPercent: 45, windowDurationMins: 300, resetsAt: 5 };
    expect(windowsOf({ primary, secondary: { usedPercent: 7 } })).toEqual([
      { name: 'primary', usedPercent: 45, minutes: 300, resetsAt: 5_000 },
      { name: 'secondary', usedPercent: 7 },
    ]);
  });

  it('reads the windows of a rollout', () => {
    const secondary = { used_percent: 80.5, window_minutes: 10_080, resets_at: 9 };
    expect(windowsOf({ primary: null, secondary })).toEqual([
      { name: 'secondary', usedPercent: 80.5, minutes: 10_080, resetsAt: 9_000 },
    ]);
  });
});

describe('windowWords', () => {
  it.each<[minutes: number | undefined, words: string]>([
    [300, '5 h'],
    [10_080, '7 d'],
    [90, '90 min'],
    [undefined, 'primary'],
  ])('says %s minutes as %s', (minutes, words) => {
    const window = { name: 'primary', usedPercent: 1 } as const;
    expect(windowWords(minutes === undefined ? window : { ...window, minutes })).toBe(words);
  });
});

describe('resetWords', () => {
  it.each<[ms: number, words: string | undefined]>([
    [1_795_989_621_201, '2026-11-29T22:00:21Z'],
    [1e300, undefined],
  ])('says %d as %s', (resetsAt, words) => {
    expect(resetWords({ name: 'primary', usedPercent: 1, resetsAt })).toBe(words);
  });
});
