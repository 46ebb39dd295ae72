import { Observable } from 'rxjs';

/**
 * Runs a generator a step at a time, one each turn of the event loop, so that all else comes in
 * between.
 *
 * Begins in the turn after the subscription. Emits what it yields, completes and fails with it.
 * Unsubscribe has it return, at once.
 */
export const inTurns = <T>(steps: () => Generator<T, void>): Observable<T> =>
  new Observable((subscriber) => {
    const running = steps();
    const step = (): void => {
      try {
        const { done, value } = running.next();
        if (done === true) {
          subscriber.complete();
          return;
        }
        setImmediate(step);
        subscriber.next(value);
      } catch (error) {
        subscriber.error(error);
      }
    };
    setImmediate(step);
    // A step that is still to come finds nothing more to do.
    return () => {
      running.return();
    };
  });
