import { concat, map, merge, NEVER, type Observable, take } from 'rxjs';
import type { Cancel } from '../process/run.js';
import { fromAbort } from '../streams/from-abort.js';
import type { CodexOptions } from './turn-options.js';

/**
 * The host's cancel of a turn, from `cancel$` and `signal` of its options.
 *
 * Emits once, at the first value of `cancel$` or when `signal` aborts, whichever comes first.
 * Never completes without a cancel. Fails with `cancel$`. Unsubscribe unsubscribes from `cancel$`
 * and removes the listener of `signal`.
 */
export const cancelRequest = (
  { cancel$ = NEVER, signal }: Pick<CodexOptions, 'cancel$' | 'signal'>,
  graceMs: number,
): Observable<Cancel> =>
  concat(merge(cancel$, signal === undefined ? NEVER : fromAbort(signal)), NEVER).pipe(
    take(1),
    map(() => ({ reason: 'host', graceMs })),
  );
