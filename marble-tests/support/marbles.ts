import { TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';

type Run = Parameters<TestScheduler['run']>[0];
export type Marbles = Parameters<Run>[0];

/**
 * Runs a marble test in virtual time. A failure shows the two timelines under one another, as marbles:
 *
 * ```
 * expected  --a--(b|)
 * actual    --a---(b|)
 * ```
 */
export const marbles =
  (test: (helpers: Marbles) => void): (() => void) =>
  () => {
    new TestScheduler((actual: unknown, expected: unknown) => {
      if (isTimeline(actual) && isTimeline(expected)) expect(drawn(actual, expected)).toEqual(drawn(expected, actual));
      expect(actual).toEqual(expected);
    }).run(test);
  };

interface Frame {
  readonly frame: number;
  readonly notification: { readonly kind: 'N' | 'E' | 'C'; readonly value?: unknown; readonly error?: unknown };
}

const isTimeline = (value: unknown): value is Frame[] =>
  Array.isArray(value) && value.every((frame) => typeof frame === 'object' && frame !== null && 'frame' in frame && 'notification' in frame);

/** A timeline as marbles, and what the letters stand for; the same value has the same letter in both. */
const drawn = (timeline: readonly Frame[], other: readonly Frame[]): { marbles: string; values: Record<string, unknown> } => {
  const letters = new Map<string, string>();
  for (const { notification } of [...timeline, ...other].toSorted((a, b) => a.frame - b.frame)) {
    const key = JSON.stringify(notification.value);
    if (notification.kind === 'N' && !letters.has(key)) letters.set(key, String.fromCharCode(97 + (letters.size % 26)));
  }
  const values: Record<string, unknown> = {};
  let picture = '';
  let now = 0;
  for (const [frame, group] of grouped(timeline)) {
    const gap = frame - now;
    picture += gap > 30 ? ` ${gap}ms ` : '-'.repeat(gap);
    const signs = group.map(({ notification: { kind, value, error } }) => {
      if (kind === 'C') return '|';
      if (kind === 'E') return `#${String(error)}`;
      const letter = letters.get(JSON.stringify(value)) ?? '?';
      values[letter] = value;
      return letter;
    });
    picture += signs.length === 1 ? signs.join('') : `(${signs.join('')})`;
    now = frame + 1;
  }
  return { marbles: picture, values };
};

const grouped = (timeline: readonly Frame[]): Map<number, Frame[]> => {
  const groups = new Map<number, Frame[]>();
  for (const entry of timeline) groups.set(entry.frame, [...(groups.get(entry.frame) ?? []), entry]);
  return groups;
};
