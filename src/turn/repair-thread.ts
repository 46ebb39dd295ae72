import { catchError, concat, defer, mergeMap, type Observable, of } from 'rxjs';
import type { TurnError, TurnEvent } from '../canonical/turn-event.js';
import { hasOtherOwner, type Remedy, remediesFor, wayOut } from '../codex/history-refusal.js';
import type { Ports } from '../ports.js';
import { BusyError } from '../process/lock-holder.js';
import { takeOut } from '../session/take-out.js';
import { reasonOf } from '../text/explain.js';
import { retryOnFirstError } from './retry-on-first-error.js';

/** A turn on the stored thread of its workspace. */
export interface ResumedTurn {
  /** The stored thread; without one the turn begins a new thread, which needs no repair. */
  readonly threadId: string | undefined;
  readonly prompt: string;
  readonly hasPictures: boolean;
}

/** Runs the turn on a thread, or on a new one, which takes the place of `replaced`. */
type Attempt = (threadId: string | undefined, replaced?: string) => Observable<TurnEvent>;

/**
 * Runs a turn on a thread, and repairs the thread when its history is refused before the first
 * event: an archived one is unarchived, refused items are taken out of its rollout, and what cannot
 * be repaired, or is lost, is replaced by a new thread.
 *
 * ```
 * attempt$  ---X--|              X an error event with a remedy, see remediesFor
 * remedy          --|
 * attempt$          ---t--E|
 * emits     -----------t--E|
 * ```
 *
 * Emits the events of the last attempt. Each remedy is applied once in a turn, with a warning in
 * the log; one that finds nothing to do, or fails, makes way for the next one, but a thread that
 * cannot be unarchived is tried once more: somebody else may have done so. An error that comes
 * later, or has no remedy left, is emitted with the way out in its message. Completes with the last
 * attempt; fails with it, and with `BusyError` while another process changes the rollout.
 * Unsubscribe unsubscribes from what runs.
 */
export const repairThread = (
  attempt$: Attempt,
  { threadId, prompt, hasPictures }: ResumedTurn,
  ports: Ports,
): Observable<TurnEvent> => {
  if (threadId === undefined) return attempt$(undefined);
  const tryOn = (used: ReadonlySet<string>): Observable<TurnEvent> => {
    const remedies = (error: TurnError): readonly Remedy[] =>
      remediesFor(error, hasPictures).filter(
        (remedy) =>
          !used.has(keyOf(remedy)) && (used.size < MAX_REPAIRS || remedy.type === 'new thread'),
      );
    return attempt$(threadId).pipe(
      retryOnFirstError(
        (error) => remedies(error).length > 0,
        (error) => applyFirst(remedies(error), error, used),
        withWayOut,
      ),
    );
  };
  const withWayOut = (error: TurnError): TurnError => ({
    ...error,
    message: `${error.message}${wayOut(remediesFor(error, hasPictures), hasPictures)}`,
  });
  const applyFirst = (
    [remedy, ...others]: readonly Remedy[],
    error: TurnError,
    used: ReadonlySet<string>,
  ): Observable<TurnEvent> => {
    if (remedy === undefined) return of(withWayOut(error));
    const { message } = error;
    if (remedy.type === 'new thread') {
      ports.log('warning', newThreadReason(error), { thread_id: threadId, message });
      return attempt$(undefined, threadId);
    }
    return repaired$(remedy, { threadId, prompt }, ports).pipe(
      mergeMap((items) => {
        if (items === 0 && remedy.type === 'take out') return applyFirst(others, error, used);
        if (items > 0)
          ports.log('warning', WARNINGS[remedy.type], {
            thread_id: threadId,
            ...(remedy.type === 'take out' ? { items, refused: remedy.items.by } : {}),
            message,
          });
        return tryOn(new Set([...used, keyOf(remedy)]));
      }),
    );
  };
  return defer(() => tryOn(new Set()));
};

/** Applies a remedy. Emits the number of repaired items once, 0 when it fails, and completes. */
const repaired$ = (
  remedy: Exclude<Remedy, { readonly type: 'new thread' }>,
  thread: { readonly threadId: string; readonly prompt: string },
  ports: Ports,
): Observable<number> =>
  (remedy.type === 'unarchive'
    ? concat(ports.unarchive$(thread.threadId), of(1))
    : takeOut({ ...thread, items: remedy.items }, ports)
  ).pipe(
    catchError((reason: unknown) => {
      if (reason instanceof BusyError) throw reason;
      ports.log('warning', `the thread of this workspace cannot be repaired: ${reasonOf(reason)}`, {
        thread_id: thread.threadId,
      });
      return of(0);
    }),
  );

/** Repairs of one turn: the API names one item after the other. */
const MAX_REPAIRS = 8;

const keyOf = (remedy: Remedy): string => JSON.stringify(remedy);

const WARNINGS = {
  unarchive:
    'the thread of this workspace was archived; it has been unarchived, and the turn continues',
  'take out':
    'the history of this thread is refused; the refused items were removed from its rollout, and the turn continues without them',
} as const;

const newThreadReason = ({ kind, message }: TurnError): string => {
  if (kind === 'thread_lost')
    return 'codex no longer has the thread of this workspace; the turn begins a new one';
  return hasOtherOwner(message)
    ? 'the thread of this workspace belongs to another model provider or account than codex uses now; the turn begins a new one'
    : 'the history of this thread is refused and cannot be repaired; the turn begins a new one';
};
