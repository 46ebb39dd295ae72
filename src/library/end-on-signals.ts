import { defer, finalize, type Observable, ReplaySubject } from 'rxjs';
import { exitSignals$ } from '../process/exit-signals.js';

/** The runs that listen; the last of them to end lets this process exit. */
let listening = 0;
/** The first signal that they have received. */
let received: number | undefined;

/**
 * Runs a source that ends itself when this process is asked to end (Ctrl-C, SIGTERM, SIGHUP or
 * SIGQUIT), and exits this process after it.
 *
 * ```
 * signals  ----s----
 * run      M---c---(E|)      c its argument emits the signal  E the terminal event
 * exit     --------x         with 128 and the number of the signal
 * ```
 *
 * Mirrors the source. The process exits once each such source of it has ended, and at a second
 * signal at once: what still runs is killed then. A source that is subscribed after the signal gets
 * it at once. Without a signal it does not exit. Unsubscribe
 * unsubscribes from the source and leaves the signals to others.
 */
export const endOnSignals = <T>(
  run: (signal$: Observable<number>) => Observable<T>,
  {
    signals$ = exitSignals$,
    exit = (code: number): void => process.exit(code),
  }: { readonly signals$?: Observable<number>; readonly exit?: (code: number) => void } = {},
): Observable<T> =>
  defer(() => {
    let own = received;
    const signal$ = new ReplaySubject<number>(1);
    if (own !== undefined) signal$.next(own);
    listening += 1;
    const subscription = signals$.subscribe({
      next: (number) => {
        if (own !== undefined) exit(128 + own);
        received ??= number;
        own = received;
        signal$.next(own);
      },
      error: () => signal$.complete(),
    });
    return defer(() => run(signal$)).pipe(
      finalize(() => {
        subscription.unsubscribe();
        listening -= 1;
        if (listening > 0) return;
        const code = received;
        received = undefined;
        // The subscriber handles the end of the source first.
        if (code !== undefined) setImmediate(() => exit(128 + code));
      }),
    );
  });
