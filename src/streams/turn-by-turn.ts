import { Observable, type Subscriber } from 'rxjs';
import { turnEnd$ } from './turn-end.js';

/**
 * Lets one subscriber pass in a turn of Node's event loop, the others in their order in the turns
 * after it: what blocks the loop leaves room between two times for what has arrived.
 *
 * ```
 * subscribers  (abc)-------
 * end$         ---t(|)         the end of a turn, from the passing on
 * emits        a--b--c
 * ```
 *
 * Emits once and completes, at once where nobody has passed in this turn. Unsubscribe before that
 * leaves the place to the next.
 */
export const turnByTurn = (end$: Observable<unknown> = turnEnd$): Observable<true> => {
  const waiting = new Set<Subscriber<true>>();
  let isOpen = true;
  const pass = (subscriber: Subscriber<true>): void => {
    isOpen = false;
    waiting.delete(subscriber);
    end$.subscribe({ error: openAgain, complete: openAgain });
    subscriber.next(true);
    subscriber.complete();
  };
  const openAgain = (): void => {
    isOpen = true;
    const [next] = waiting;
    if (next !== undefined) pass(next);
  };
  return new Observable((subscriber) => {
    waiting.add(subscriber);
    if (isOpen) pass(subscriber);
    return () => waiting.delete(subscriber);
  });
};
