import { inspect } from 'node:util';
import { equal } from './equal.js';

/** What rxjs's TestScheduler compares: what a source did, and when it was subscribed. */
export interface DrawnFrame {
  readonly frame: number;
  readonly notification: {
    readonly kind: 'N' | 'E' | 'C';
    readonly value?: unknown;
    readonly error?: unknown;
  };
}
export interface Life {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

const all = <T>(value: unknown, isOne: (each: object) => each is T & object): value is T[] =>
  Array.isArray(value) &&
  value.every((each: unknown) => typeof each === 'object' && each !== null && isOne(each));

export const isTimeline = (value: unknown): value is DrawnFrame[] =>
  all(value, (each): each is DrawnFrame => 'frame' in each && 'notification' in each);
export const isLives = (value: unknown): value is Life[] =>
  all(value, (each): each is Life => 'subscribedFrame' in each && 'unsubscribedFrame' in each);

/** Milliseconds after which a gap is written as a time. */
const LONG_MS = 30;

/** `-----`, or ` 500ms `, as marbles have it. */
const gap = (ms: number): string => (ms > LONG_MS ? ` ${ms}ms ` : '-'.repeat(Math.max(0, ms)));

/**
 * Two timelines under one another, and what their letters stand for; the same value has the same
 * letter in both.
 */
export const drawTimelines = (
  actual: readonly DrawnFrame[],
  expected: readonly DrawnFrame[],
): string => {
  const legend: { readonly letter: string; readonly value: unknown }[] = [];
  const letterOf = (value: unknown): string => {
    const known = legend.find((each) => equal(each.value, value) || equal(value, each.value));
    if (known !== undefined) return known.letter;
    const letter = LETTERS[legend.length] ?? '?';
    legend.push({ letter, value });
    return letter;
  };
  const lines = [`expected  ${line(expected, letterOf)}`, `actual    ${line(actual, letterOf)}`];
  return [
    ...lines,
    '',
    ...legend.map(
      ({ letter, value }) => `${letter}  ${inspect(value, { depth: 6, breakLength: 140 })}`,
    ),
  ]
    .join('\n')
    .trimEnd();
};

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

const line = (timeline: readonly DrawnFrame[], letterOf: (value: unknown) => string): string => {
  let picture = '';
  let now = 0;
  for (const [frame, group] of grouped(timeline)) {
    const signs = group.map(({ notification: { kind, value, error } }) =>
      kind === 'C' ? '|' : kind === 'E' ? `#${String(error)}` : letterOf(value),
    );
    picture += gap(frame - now) + (signs.length === 1 ? signs.join('') : `(${signs.join('')})`);
    now = frame + 1;
  }
  return picture === '' ? '(nothing)' : picture;
};

const grouped = (timeline: readonly DrawnFrame[]): Map<number, DrawnFrame[]> => {
  const groups = new Map<number, DrawnFrame[]>();
  for (const entry of timeline)
    groups.set(entry.frame, [...(groups.get(entry.frame) ?? []), entry]);
  return groups;
};

/** Subscriptions under one another: `^` subscribed, `!` unsubscribed. */
export const drawLives = (actual: readonly Life[], expected: readonly Life[]): string =>
  [...lives('expected', expected), ...lives('actual', actual)].join('\n');

const lives = (name: string, list: readonly Life[]): string[] =>
  list.length === 0
    ? [`${name.padEnd(9)} (never subscribed)`]
    : list.map((each) => `${name.padEnd(9)} ${life(each)}`);

const life = ({ subscribedFrame: from, unsubscribedFrame: to }: Life): string => {
  const start = gap(from);
  if (to === Infinity) return `${start}^---`;
  return from === to ? `${start}(^!)` : `${start}^${gap(to - from - 1)}!`;
};
