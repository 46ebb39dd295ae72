import { Observable, type Subscriber, Subscription } from 'rxjs';

interface Handlers<T> {
  readonly next: (value: T) => void;
  readonly complete: () => void;
  /** By default the subscriber gets the error. */
  readonly error?: (error: unknown) => void;
}

/**
 * Subscribes to a source for a subscriber: the one layer that an operator needs, where a pipe of
 * RxJS's own would have several. A layer costs a turn 30 ns for each event.
 *
 * Calls `next` for the values, and the other handlers once the source has ended and released its
 * resources, but none for a closed subscriber. The subscriber fails with what they throw, and with
 * what the release throws. Its unsubscribe reaches the source also while that emits in a loop. A
 * closed subscriber gets no subscription.
 */
export const link = <T, R>(
  source$: Observable<T>,
  subscriber: Subscriber<R>,
  { next, complete, error: fail = (error) => subscriber.error(error) }: Handlers<T>,
): void => {
  let own = Subscription.EMPTY;
  let isSubscribed = false;
  let atEnd: (() => void) | undefined;
  const end = (handle: () => void): void => {
    // A source that ends in its own subscribe call has released nothing before that returns.
    if (!isSubscribed) {
      atEnd = handle;
      return;
    }
    try {
      own.unsubscribe();
      if (!subscriber.closed) handle();
    } catch (error) {
      subscriber.error(error);
    }
  };
  const linked$ = new Observable<T>((linked) => {
    own = linked;
    // Added before the source is subscribed, so that an unsubscribe reaches its loop.
    subscriber.add(own);
    if (!own.closed) source$.subscribe(linked);
  });
  linked$.subscribe({
    next: (value) => {
      try {
        next(value);
      } catch (error) {
        subscriber.error(error);
      }
    },
    error: (error: unknown) => end(() => fail(error)),
    complete: () => end(complete),
  });
  isSubscribed = true;
  if (atEnd !== undefined) end(atEnd);
};
