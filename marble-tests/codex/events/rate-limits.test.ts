import { describe, expect, it } from 'vitest';
import { resetOf } from '../../../src/codex/events/rate-limits.js';

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
