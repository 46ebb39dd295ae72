import {
  distinctUntilChanged,
  type MonoTypeOperatorFunction,
  map,
  of,
  switchMap,
  timer,
} from 'rxjs';

/** Milliseconds from which a pause counts. */
const PAUSE_MS = 1_000;

/**
 * Leaves short pauses out of a back-pressure signal, for the clocks that stop while nobody reads: a
 * host that reads slowly pauses all the time, and would restart them for ever.
 *
 * ```
 * source  t--f-t-----f-------t     PAUSE_MS 4
 * emits   t--------------f---t
 * ```
 *
 * Emits the first value at once, false a second after a pause began that still lasts, and true when
 * such a pause ends. Completes when the source has completed and no second is running. Fails with
 * the source. Unsubscribe stops the second.
 */
export const withoutShortPauses = (): MonoTypeOperatorFunction<boolean> => (ready$) =>
  ready$.pipe(
    switchMap((ready, index) =>
      ready || index === 0 ? of(ready) : timer(PAUSE_MS).pipe(map(() => false)),
    ),
    distinctUntilChanged(),
  );
