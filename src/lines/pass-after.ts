import { type MonoTypeOperatorFunction, Observable, takeWhile } from 'rxjs';

/**
 * Lets values pass in order, and makes one wait for work where there is some: `concatMap` with an
 * inner Observable only where it is needed, since one a value costs as much as reading the value's
 * JSON.
 *
 * Emits each value once the work for it completed, at once where `work` gives none. Completes with
 * the source and the last work, fails with either; unsubscribe unsubscribes from both and drops
 * what waits.
 */
export const passAfter =
  <T>(work: (value: T) => Observable<never> | undefined): MonoTypeOperatorFunction<T> =>
  (source$) =>
    new Observable((subscriber) => {
      const waiting: T[] = [];
      let busy = false;
      let ended = false;
      const error = (reason: unknown): void => {
        subscriber.error(reason);
      };
      const pass = (value: T): void => {
        const before$ = work(value);
        if (before$ === undefined) {
          subscriber.next(value);
          return;
        }
        busy = true;
        const complete = (): void => {
          busy = false;
          subscriber.next(value);
          goOn();
        };
        subscriber.add(before$.subscribe({ error, complete }));
      };
      const goOn = (): void => {
        while (!busy && waiting.length > 0) waiting.splice(0, 1).forEach(pass);
        if (ended && !busy) subscriber.complete();
      };
      const next = (value: T): void => {
        if (busy) waiting.push(value);
        else pass(value);
      };
      const complete = (): void => {
        ended = true;
        goOn();
      };
      // A source that emits in a burst has to notice that nobody listens any more.
      // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value
      const listened$ = source$.pipe(takeWhile(() => !subscriber.closed));
      subscriber.add(listened$.subscribe({ next, error, complete }));
    });
