import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import { TestScheduler } from 'rxjs/testing';
import { drawSubscriptions, drawTimelines, isSubscriptionLogs, isTimeline } from './drawing.js';
import { equal } from './equal.js';

type Run = Parameters<TestScheduler['run']>[0];

/**
 * The helpers of a marble test: `cold`, `hot`, `expectObservable`, `expectSubscriptions`, `flush`,
 * `time`, `animate`.
 */
export type Marbles = Parameters<Run>[0];

/**
 * A marble test in virtual time, for `it` of vitest, jest and node:test. One character is one
 * millisecond; `performance.now()` is virtual, too.
 *
 * ```
 * it('runs a turn', marbles(({ cold, expectObservable }) => {
 *   const { ports } = fakePorts({ codex$: () => cold('--T-S--a--C(x|)', codexOutput) });
 *   expectObservable(runTurn(exampleTurn, NEVER, ports)).toBe('M------t---(E|)', turnEvents);
 * }));
 * ```
 *
 * Returns a function that runs the test with a TestScheduler of its own. The first expectation that
 * fails throws an `AssertionError` with both timelines as marbles:
 *
 * ```
 * expected  --a--(b|)
 * actual    --a---(b|)
 * ```
 *
 * Values are compared deeply, errors by name and message. Expected values may contain
 * `expect.any(…)` and the other asymmetric matchers of vitest and jest.
 */
export const marbles =
  (test: (helpers: Marbles) => void): (() => void) =>
  () => {
    const scheduler = new TestScheduler(compare);
    const own = Object.getOwnPropertyDescriptor(performance, 'now');
    // RxJS makes its own clocks virtual. What measures by this one belongs to the same time.
    Object.defineProperty(performance, 'now', {
      configurable: true,
      writable: true,
      value: () => scheduler.now(),
    });
    try {
      scheduler.run(test);
    } finally {
      if (own === undefined) Reflect.deleteProperty(performance, 'now');
      else Object.defineProperty(performance, 'now', own);
    }
  };

const compare = (actual: unknown, expected: unknown): void => {
  if (equal(actual, expected)) return;
  throw new AssertionError({
    message: `the marbles differ\n\n${drawing(actual, expected)}\n`,
    operator: 'marbles',
  });
};

/** An empty list counts as either kind: the other list, which is not empty, decides. */
const drawing = (actual: unknown, expected: unknown): string => {
  if (isTimeline(actual) && isTimeline(expected)) return drawTimelines(actual, expected);
  if (isSubscriptionLogs(actual) && isSubscriptionLogs(expected))
    return drawSubscriptions(actual, expected);
  return `expected  ${inspect(expected, { depth: 6 })}\nactual    ${inspect(actual, { depth: 6 })}`;
};
