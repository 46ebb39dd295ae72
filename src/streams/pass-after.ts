import { concat, type MonoTypeOperatorFunction, type Observable, of } from 'rxjs';
import { concatSteps } from './concat-steps.js';

/**
 * Delays a value, and those after it, until the work for it has completed.
 *
 * Emits each value once `work(value)` has completed, at once where `work` returns `undefined`; the
 * order is that of the source. Completes when the source and the last work have completed. Fails
 * when either fails. Unsubscribe unsubscribes from both and drops the values that wait.
 */
export const passAfter = <T>(
  work: (value: T) => Observable<never> | undefined,
): MonoTypeOperatorFunction<T> =>
  concatSteps((value) => {
    const work$ = work(value);
    return work$ === undefined ? value : concat(work$, of(value));
  });
