import { Observable } from 'rxjs';

/**
 * A source that emits all its values in one loop, for as long as its subscriber is open. `emitted`
 * holds the values that it has emitted: an operator that stops the source early stops the loop.
 */
export const synchronous = <T>(values: readonly T[]) => {
  const emitted: T[] = [];
  const source$ = new Observable<T>((subscriber) => {
    for (const value of values) {
      if (subscriber.closed) return;
      emitted.push(value);
      subscriber.next(value);
    }
    subscriber.complete();
  });
  return { source$, emitted };
};
