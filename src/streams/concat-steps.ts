import {
  concatAll,
  defer,
  EMPTY,
  filter,
  finalize,
  map,
  merge,
  Observable,
  type OperatorFunction,
  of,
  Subject,
  tap,
} from 'rxjs';

/** What a value becomes: another value, several in time, or nothing. */
export type Step<R> = R | Observable<R> | undefined;

/**
 * `concatMap` for a projection that mostly has its value at hand.
 *
 * ```
 * source   --a--B--c-----|         B becomes ---x--y|
 * emits    --a-----x--(yc)-|
 * ```
 *
 * Emits `project(value)` at once when it is no Observable, nothing for `undefined`; otherwise its
 * values. Later values wait, and are projected, when those before have completed. Completes when
 * the source and the last Observable have completed. Fails when either or `project` fails.
 * Unsubscribe unsubscribes from both and drops the values that wait.
 *
 * An Observable for each value makes a turn of short lines take half as long again.
 */
export const concatSteps =
  <T, R>(project: (value: T) => Step<R>): OperatorFunction<T, R> =>
  (source$) =>
    defer(() => {
      const later$ = new Subject<Observable<R>>();
      let pending = 0;
      const now = (value: T): R | undefined => {
        const step = pending === 0 ? project(value) : defer(() => toObservable(project(value)));
        if (!(step instanceof Observable)) return step;
        pending += 1;
        later$.next(
          step.pipe(
            finalize(() => {
              pending -= 1;
            }),
          ),
        );
        return undefined;
      };
      return merge(
        later$.pipe(concatAll()),
        source$.pipe(
          map(now),
          filter((value) => value !== undefined),
          tap({ complete: () => later$.complete() }),
        ),
      );
    });

const toObservable = <R>(step: Step<R>): Observable<R> =>
  step instanceof Observable ? step : step === undefined ? EMPTY : of(step);
