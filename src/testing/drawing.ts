import { inspect } from 'node:util';
import { LETTERS } from '../marbles/alphabet.js';
import { marbleGap, marbleGroup } from '../marbles/marble-group.js';
import { equal } from './equal.js';

/** A notification in the log of rxjs's TestScheduler. */
export interface LoggedFrame {
  readonly frame: number;
  readonly notification: {
    readonly kind: 'N' | 'E' | 'C';
    readonly value?: unknown;
    readonly error?: unknown;
  };
}

/** A subscription in the log of rxjs's TestScheduler. */
export interface LoggedSubscription {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

const all = <T>(value: unknown, isOne: (each: object) => each is T & object): value is T[] =>
  Array.isArray(value) &&
  value.every((each: unknown) => typeof each === 'object' && each !== null && isOne(each));

export const isTimeline = (value: unknown): value is LoggedFrame[] =>
  all(value, (each): each is LoggedFrame => 'frame' in each && 'notification' in each);
export const isSubscriptionLogs = (value: unknown): value is LoggedSubscription[] =>
  all(
    value,
    (each): each is LoggedSubscription => 'subscribedFrame' in each && 'unsubscribedFrame' in each,
  );

/** One column is a millisecond. */
const gap = (ms: number): string => marbleGap(ms, `${ms}ms`);

/**
 * Draws two timelines, one above the other, and the legend of their letters. Equal values have the
 * same letter in both.
 */
export const drawTimelines = (
  actual: readonly LoggedFrame[],
  expected: readonly LoggedFrame[],
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

const line = (timeline: readonly LoggedFrame[], letterOf: (value: unknown) => string): string => {
  let picture = '';
  let now = 0;
  for (const [frame, group] of byFrame(timeline)) {
    const letters = group.map(({ notification: { kind, value, error } }) =>
      kind === 'C' ? '|' : kind === 'E' ? `#${String(error)}` : letterOf(value),
    );
    picture += gap(frame - now) + marbleGroup(letters);
    now = frame + 1;
  }
  return picture === '' ? '(nothing)' : picture;
};

const byFrame = (timeline: readonly LoggedFrame[]): Map<number, LoggedFrame[]> => {
  const groups = new Map<number, LoggedFrame[]>();
  for (const entry of timeline)
    groups.set(entry.frame, [...(groups.get(entry.frame) ?? []), entry]);
  return groups;
};

/**
 * Draws the expected and the actual subscriptions, one per line: `^` subscribe, `!` unsubscribe.
 */
export const drawSubscriptions = (
  actual: readonly LoggedSubscription[],
  expected: readonly LoggedSubscription[],
): string => [...linesOf('expected', expected), ...linesOf('actual', actual)].join('\n');

const linesOf = (name: string, list: readonly LoggedSubscription[]): string[] =>
  list.length === 0
    ? [`${name.padEnd(9)} (never subscribed)`]
    : list.map((each) => `${name.padEnd(9)} ${subscriptionLine(each)}`);

const subscriptionLine = ({
  subscribedFrame: from,
  unsubscribedFrame: to,
}: LoggedSubscription): string => {
  const start = gap(from);
  if (to === Infinity) return `${start}^---`;
  return from === to ? `${start}(^!)` : `${start}^${gap(to - from - 1)}!`;
};
