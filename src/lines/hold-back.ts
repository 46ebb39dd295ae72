import {
  BehaviorSubject,
  combineLatest,
  defer,
  distinctUntilChanged,
  EMPTY,
  endWith,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  pipe,
  Subject,
  startWith,
  switchMap,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';

/** Size of held values up to which the source is read freely: 4 MiB. */
export const MAX_HELD = 4 * 1024 * 1024;

/** Size of held values from which the source is not read at all: 16 MiB. */
export const MAX_TRICKLED = 16 * 1024 * 1024;

/** Milliseconds between two reads of a source of which more than `MAX_HELD` is held. */
const TRICKLE_MS = 1_000;

/** Size of the values that are released at a time; the next ones follow a millisecond later. */
export const RELEASED = 64 * 1024;

/** Which values wait, and until when. */
export interface Holding<T> {
  /** Whether values have to wait. Emits on subscribe. */
  readonly hold$: Observable<boolean>;
  /** Whether a value may overtake values that wait. */
  readonly mayPass: (value: T) => boolean;
  readonly sizeOf: (value: T) => number;
}

/**
 * Holds the values of a source while `hold$` is true, in bounded memory.
 *
 * ```
 * source   --a---b--p--c-------d--    p may pass
 * hold$    f---t----------f-------
 * emits    --a------p-----(bc)-d--
 * ```
 *
 * Emits the values of `read$(ready$)`. While `hold$` is true, emits only those that may pass. The
 * others follow in their order when it is false, `RELEASED` in a millisecond. `ready$` emits on
 * subscribe whether the source has to be read: true while up to `MAX_HELD` is held. Of more than
 * that it is true once every `TRICKLE_MS`, until the next value is held: so the end of the source
 * and values that may pass are still seen. It stays false from `MAX_TRICKLED` on. Completes when
 * the source has completed and no value is held. Fails with the source and with `hold$`.
 * Unsubscribe drops the held values.
 */
export const holdBack = <T>(
  read$: (ready$: Observable<boolean>) => Observable<T>,
  { hold$, mayPass, sizeOf }: Holding<T>,
): Observable<T> =>
  defer(() => {
    const held: T[] = [];
    const size$ = new BehaviorSubject(0);
    const isRead$ = new Subject<true>();
    let isHolding = false;

    const goesOn = (value: T): boolean => {
      if ((!isHolding && held.length === 0) || mayPass(value)) return true;
      held.push(value);
      size$.next(size$.value + sizeOf(value));
      return false;
    };
    /** Removes what was emitted, also when `hold$` ends the portion. */
    function* nextPortion(): Generator<T> {
      let [count, size] = [0, 0];
      try {
        for (const value of held) {
          if (size >= RELEASED) return;
          count += 1;
          size += sizeOf(value);
          yield value;
        }
      } finally {
        held.splice(0, count);
        size$.next(size$.value - size);
      }
    }
    const released$ = hold$.pipe(
      tap((isHeld) => {
        isHolding = isHeld;
      }),
      switchMap((isHeld) =>
        isHeld
          ? EMPTY
          : timer(0, 1).pipe(
              map(() => held.length),
              takeWhile((count) => count > 0),
              mergeMap(nextPortion),
            ),
      ),
    );
    const passed$ = read$(size$.pipe(toReady)).pipe(
      filter(goesOn),
      tap({ complete: () => isRead$.next(true) }),
    );
    const done$ = combineLatest([isRead$, size$]).pipe(filter(() => held.length === 0));
    return merge(released$, passed$).pipe(takeUntil(done$));
  });

/** From the size of the held values to whether the source has to be read. */
const toReady = pipe(
  map((size: number) => {
    if (size <= MAX_HELD) return 'free';
    return size <= MAX_TRICKLED ? 'trickle' : 'none';
  }),
  // Each value that is held ends a read.
  distinctUntilChanged((before, level) => before === level && level !== 'trickle'),
  switchMap((level) => {
    if (level !== 'trickle') return of(level === 'free');
    return timer(TRICKLE_MS).pipe(ignoreElements(), endWith(true), startWith(false));
  }),
  distinctUntilChanged(),
);
