import { defer, finalize, map, merge, type Observable, Subject } from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';

/** How codex runs a turn. */
export type Transport = 'exec' | 'app-server';

/**
 * What is noticed of a turn while it runs, by its one key; `TurnRecord` is how it is written down.
 */
export type Told =
  /** It waits in the queue of its workspace. */
  | { readonly wait: { readonly ahead: number } }
  /** codex runs it by this transport after all. */
  | { readonly transport: Transport }
  /**
   * A JSON line of codex, as it was printed; of the app-server what `codex exec` would have
   * printed, without the texts.
   */
  | { readonly raw: unknown }
  | { readonly malformed: { readonly reason: string; readonly sample: string } }
  /** The process tree is gone. */
  | { readonly exited: { readonly code: number | null; readonly signal: string | null } }
  | { readonly event: TurnEvent }
  /** Of the host's tools over the bridge; the ids count the calls of the turn from 1. */
  | { readonly call: { readonly id: number; readonly tool: string } }
  | { readonly returned: { readonly id: number; readonly is_error: boolean } };

/** Tells what is noticed. Does not throw. */
export type Tell = (what: Told) => void;

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
