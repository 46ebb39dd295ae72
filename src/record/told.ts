import { defer, finalize, map, merge, type Observable, Subject } from 'rxjs';
import type { Told } from '../canonical/notice.js';
import type { TurnEvent } from '../canonical/turn-event.js';

/**
 * A turn with everything that is noticed of it, in the order in which it happens.
 *
 * Emits what `run` tells, and its events as `{event}`. Completes and fails with the turn; what is
 * told later goes nowhere. Each subscription is a turn; unsubscribe unsubscribes from it.
 */
export const told = <More = never>(
  run: (tell: (what: Told | More) => void) => Observable<TurnEvent>,
): Observable<Told | More> =>
  defer(() => {
    const noticed$ = new Subject<Told | More>();
    const event$ = defer(() => run((what) => noticed$.next(what))).pipe(
      map((event): Told => ({ event })),
      finalize(() => noticed$.complete()),
    );
    return merge(noticed$, event$);
  });
