import { Observable } from 'rxjs';

/**
 * Runs a generator, one step per turn of the event loop, so that other work runs in between.
 *
 * Emits each yielded value; the first step runs in the turn after the subscription. Completes when
 * the generator returns and fails when it throws. Unsubscribe returns the generator synchronously,
 * so its `finally` blocks have run when `unsubscribe()` returns.
 */
export const runSteps = <T>(steps: () => Generator<T, void>): Observable<T> =>
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
    // A step that is still scheduled finds the generator done.
    return () => {
      running.return();
    };
  });
