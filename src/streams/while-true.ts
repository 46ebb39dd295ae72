import { NEVER, type Observable, type OperatorFunction, switchMap } from 'rxjs';

/**
 * Runs another stream while a flag is true, for instance a clock while the host reads.
 *
 * ```
 * source  t--f-t--t-----f--     work$ is ---w
 * emits   -----------w-----
 * ```
 *
 * Subscribes to `work$` anew at each true, and emits its values; unsubscribes from it at the next
 * value of the source. Completes when the source has completed after a true and `work$` has
 * completed. Fails when either fails. Unsubscribe unsubscribes from both.
 */
export const whileTrue = <T>(work$: Observable<T>): OperatorFunction<boolean, T> =>
  switchMap((isTrue) => (isTrue ? work$ : NEVER));
