import { Observable, Subscription } from 'rxjs';
import { forward, link } from './link.js';

/**
 * Holds a resource while another stream lives.
 *
 * ```
 * resource$  --r--------
 * use(r)       --a--b--|
 * emits      ----a--b--|     and unsubscribes from resource$
 * ```
 *
 * Subscribes to `resource$`, and with its first value to `use(value)`, whose values it emits; later
 * values of the resource are ignored. Completes with `use(value)`, or when the resource completes
 * without a value; a resource that completes after its value leaves the other stream alone. Fails
 * when either fails. Unsubscribe, like the end, unsubscribes from `use(value)` first and then from
 * the resource.
 */
export const during = <R, T>(
  resource$: Observable<R>,
  use: (value: R) => Observable<T>,
): Observable<T> =>
  new Observable((subscriber) => {
    const held = new Subscription();
    subscriber.add(held);
    let isUsed = false;
    const handlers = {
      next: (resource: R) => {
        if (isUsed) return;
        isUsed = true;
        // Added anew after the other stream, which is so unsubscribed before it.
        subscriber.remove(held);
        try {
          forward(use(resource), subscriber);
        } finally {
          subscriber.add(held);
        }
      },
      complete: () => {
        if (!isUsed) subscriber.complete();
      },
    };
    link(resource$, subscriber, handlers, held);
  });
