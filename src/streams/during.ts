import { exhaustMap, Observable, Subscription, tap } from 'rxjs';

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
    const complete = (): void => {
      subscriber.complete();
    };
    const use$ = (value: R): Observable<T> =>
      new Observable((inner) => {
        used.add(inner);
        use(value).pipe(tap({ complete })).subscribe(inner);
      });
    resource$.pipe(exhaustMap(use$)).subscribe(subscriber);
  });
