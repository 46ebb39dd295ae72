import { Observable, Subscription } from 'rxjs';
import { link } from './link.js';

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
    const used = new Subscription();
    // Added before the subscription to the resource, and so unsubscribed before it.
    subscriber.add(used);
    let isUsed = false;
    link(resource$, subscriber, {
      next: (resource) => {
        if (isUsed) return;
        isUsed = true;
        const used$ = new Observable<T>((inner) => {
          used.add(inner);
          use(resource).subscribe(inner);
        });
        used$.subscribe({
          next: (value) => subscriber.next(value),
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        });
      },
      complete: () => {
        if (!isUsed) subscriber.complete();
      },
    });
  });
