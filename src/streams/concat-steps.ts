import {
  concatAll,
  defer,
  EMPTY,
  finalize,
  Observable,
  type OperatorFunction,
  of,
  queueScheduler,
  Subject,
  subscribeOn,
} from 'rxjs';
import { link } from './link.js';

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
    new Observable((subscriber) => {
      const later$ = new Subject<Observable<R>>();
      let pending = 0;
      later$.pipe(concatAll()).subscribe(subscriber);
      link(source$, subscriber, {
        next: (value) => {
          const step = pending === 0 ? project(value) : defer(() => toObservable(project(value)));
          if (!(step instanceof Observable)) {
            if (step !== undefined) subscriber.next(step);
            return;
          }
          pending += 1;
          later$.next(
            step.pipe(
              // Without it each one that waits begins in the completion of the one before: some
              // hundred of them are more than the stack holds, and the error is lost with it.
              subscribeOn(queueScheduler),
              finalize(() => {
                pending -= 1;
              }),
            ),
          );
        },
        complete: () => later$.complete(),
      });
    });

const toObservable = <R>(step: Step<R>): Observable<R> =>
  step instanceof Observable ? step : step === undefined ? EMPTY : of(step);
