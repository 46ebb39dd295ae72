import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { TestScheduler } from 'rxjs/testing';
import { drawLives, drawTimelines, isLives, isTimeline } from './drawing.js';
import { equal } from './equal.js';

type Run = Parameters<TestScheduler['run']>[0];

/**
 * What a marble test is given: `cold`, `hot`, `expectObservable`, `expectSubscriptions`, `flush`,
 * `time`, `animate`.
 */
export type Marbles = Parameters<Run>[0];

/**
 * A marble test in virtual time, for `it` of vitest, jest and node:test: one character is a
 * millisecond.
 *
 * ```
 * it('runs a turn', marbles(({ cold, expectObservable }) => {
 *   const { ports } = fakePorts({ codex$: () => cold('--T-S--a--C(x|)', codexOutput) });
 *   expectObservable(runTurn(exampleTurn, NEVER, ports)).toBe('M------t---(E|)', turnEvents);
 * }));
 * ```
 *
 * Returns a function that runs the test; the first expectation that does not hold throws an
 * `AssertionError` with the two timelines under one another, as marbles:
 *
 * ```
 * expected  --a--(b|)
 * actual    --a---(b|)
 * ```
 *
 * Values are compared by what is in them; an error by its name and message; `expect.any(…)` and its
 * kind may stand in the expected values.
 */
export const marbles =
  (test: (helpers: Marbles) => void): (() => void) =>
  () => {
    new TestScheduler(compare).run(test);
  };

const compare = (actual: unknown, expected: unknown): void => {
  if (equal(actual, expected)) return;
  throw new AssertionError({
    message: `the marbles differ\n\n${drawing(actual, expected)}\n`,
    operator: 'marbles',
  });
};

/** They differ, so one of them is not empty; an empty list is drawn as the other one. */
const drawing = (actual: unknown, expected: unknown): string => {
  if (isTimeline(actual) && isTimeline(expected)) return drawTimelines(actual, expected);
  if (isLives(actual) && isLives(expected)) return drawLives(actual, expected);
  return `expected  ${inspect(expected, { depth: 6 })}\nactual    ${inspect(actual, { depth: 6 })}`;
};
