// How long something took, without the time for which a busy machine let its processes wait.
import { describe, expect, test } from 'vitest';
import { fairTime } from '../../scripts/lib/fair-time.mjs';

/** A clock on which each process has waited for so many milliseconds; a gone one has no number. */
const clockOf = (waits: Record<number, number>) => {
  const at = { now: 1_000, waits };
  return { at, clock: { now: () => at.now, waited: (pid: number) => at.waits[pid] } };
};

describe('fairTime', () => {
  test('leaves out what a process has waited since the start, and not before', () => {
    const { at, clock } = clockOf({ 7: 500 });
    const elapsed = fairTime([7], clock);

    expect(elapsed()).toBe(0);
    at.now = 4_600;
    at.waits = { 7: 3_500 };
    expect(elapsed()).toBe(600);
  });

  test('leaves out the longest wait of several processes, and not their sum', () => {
    const { at, clock } = clockOf({ 7: 500, 8: 40, 9: 0 });
    const elapsed = fairTime([7, 8, 9], clock);

    at.now = 4_600;
    at.waits = { 7: 3_000, 8: 2_940, 9: 200 };
    expect(elapsed()).toBe(700);
  });

  test('keeps the wait of a process that is gone', () => {
    const { at, clock } = clockOf({ 7: 500 });
    const elapsed = fairTime([7], clock);

    at.now = 2_000;
    at.waits = { 7: 800 };
    expect(elapsed()).toBe(700);
    at.now = 2_100;
    at.waits = {};
    expect(elapsed()).toBe(800);
    at.now = 2_150;
    expect(elapsed()).toBe(850);
  });

  test('is the whole time for a process that nobody knows', () => {
    const { at, clock } = clockOf({});
    const elapsed = fairTime([7], clock);

    at.now = 1_900;
    at.waits = { 7: 800 };
    expect(elapsed()).toBe(900);
  });

  test('is never less than nothing when this process waits before its second look', () => {
    let now = 1_000;
    const waits = [0, 40];
    const waited = () => {
      const wait = waits.shift() ?? 0;
      now += wait;
      return wait;
    };

    expect(fairTime([7], { now: () => now, waited })()).toBe(0);
  });

  test('reads the clock of this machine', () => {
    expect(fairTime([process.pid])()).toBeGreaterThanOrEqual(0);
  });
});
