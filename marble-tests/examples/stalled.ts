import { isTerminal, type TurnEvent } from 'plexum-openai-provider';
import {
  concat,
  distinctUntilChanged,
  map,
  type OperatorFunction,
  of,
  pipe,
  switchMap,
  timer,
} from 'rxjs';

/**
 * Whether a turn has stalled.
 *
 * ```
 * source   M--t----------t--(E|)
 * emits    f-------t-----f--|       ms = 5, f false, t true
 * ```
 *
 * Emits false at the first event, true when `ms` milliseconds have passed without an event, and
 * false at the next event. Completes with the source after a terminal event. Fails with the source.
 * Unsubscribe unsubscribes from the source and stops the timer.
 */
export const stalled = (ms: number): OperatorFunction<TurnEvent, boolean> =>
  pipe(
    switchMap((event) =>
      isTerminal(event) ? of(false) : concat(of(false), timer(ms).pipe(map(() => true))),
    ),
    distinctUntilChanged(),
  );
