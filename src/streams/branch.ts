import { Observable, type OperatorFunction, Subject } from 'rxjs';

/**
 * Gives several branches of a pipeline one subscription to the source.
 *
 * ```
 * source$        --a--b--a--|
 * branches(s$)   merge(s$.pipe(filter(isA)), s$.pipe(filter(isB), map(upper)))
 * emits          --a--B--a--|
 * ```
 *
 * Subscribes to `branches(shared$)` and then to the source, and emits what the branches emit.
 * `shared$` emits the later values of the source; it completes and fails with the source. Completes
 * and fails with `branches(shared$)`, which unsubscribes from the source. Unsubscribe unsubscribes
 * from the branches first and then from the source.
 *
 * This is `connect` of RxJS, which however does not know the subscription to the source before the
 * subscribe call has returned: a source that emits in a loop runs on after an unsubscribe.
 */
export const branch =
  <T, R>(branches: (shared$: Observable<T>) => Observable<R>): OperatorFunction<T, R> =>
  (source$) =>
    new Observable((subscriber) => {
      const shared$ = new Subject<T>();
      branches(shared$.asObservable()).subscribe(subscriber);
      if (subscriber.closed) return;
      const linked$ = new Observable<T>((inner) => {
        // Added before the source is subscribed, so that an unsubscribe reaches its loop.
        subscriber.add(inner);
        source$.subscribe(inner);
      });
      linked$.subscribe(shared$);
    });
