import {
  catchError,
  concat,
  defer,
  EMPTY,
  ignoreElements,
  mergeMap,
  type Observable,
  timer,
} from 'rxjs';
import type { Rpc } from './rpc.js';
import type { Threads } from './threads.js';

/**
 * Unloads a thread: codex closes it and releases its writer lock.
 *
 * Emits nothing; completes when codex has answered; does not fail. Unsubscribe drops the answer.
 */
export const unloadThread = (
  { request$ }: Pick<Rpc, 'request$'>,
  threadId: string | undefined,
): Observable<never> =>
  request$('thread/unsubscribe', { threadId }).pipe(
    ignoreElements(),
    catchError(() => EMPTY),
  );

/**
 * Unloads a thread from a codex that keeps it when its last turn has failed (before 0.154): the
 * thread is archived and unarchived, which closes it (measured on 0.135.0 to 0.150.1).
 *
 * Emits nothing; completes when codex has answered; does not fail. Unsubscribe drops the answer,
 * and what was not sent yet.
 */
export const closeThread = (
  rpc: Pick<Rpc, 'request$'>,
  threadId: string | undefined,
): Observable<never> => concat(unloadThread(rpc, threadId), archiveOnce(rpc, threadId));

const archiveOnce = (
  { request$ }: Pick<Rpc, 'request$'>,
  threadId: string | undefined,
): Observable<never> =>
  concat(
    defer(() => request$('thread/archive', { threadId })),
    defer(() => request$('thread/unarchive', { threadId })),
  ).pipe(
    ignoreElements(),
    catchError(() => EMPTY),
  );

/** Milliseconds after which a retired app-server is one that still has turns of other threads. */
const RELEASE_MS = 200;

/**
 * Unloads a thread from a codex that would keep it, and its writer lock, until it exits; see
 * `closeThread`.
 *
 * Emits nothing. Unloads the thread at once, closes it 200 ms later, and completes when codex has
 * answered; does not fail. Unsubscribe within the 200 ms leaves the rest to the exit.
 */
const releaseThread = (rpc: Pick<Rpc, 'request$'>, threadId: string): Observable<never> =>
  concat(
    unloadThread(rpc, threadId),
    timer(RELEASE_MS).pipe(ignoreElements()),
    archiveOnce(rpc, threadId),
  );

/**
 * Unloads the threads that nobody uses any more.
 *
 * Emits nothing; completes and fails with `unused$`. With `keepsThreads`, a retired app-server
 * releases its threads, so that its successor can resume them while it runs on. Unsubscribe stops
 * it.
 */
export const unloadUnused = (
  { unused$, isRetired }: Pick<Threads, 'unused$' | 'isRetired'>,
  rpc: Pick<Rpc, 'request$'>,
  keepsThreads: boolean,
): Observable<never> =>
  unused$.pipe(
    mergeMap((threadId) =>
      keepsThreads && isRetired() ? releaseThread(rpc, threadId) : unloadThread(rpc, threadId),
    ),
  );
