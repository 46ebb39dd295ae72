import {
  catchError,
  concat,
  defer,
  EMPTY,
  finalize,
  ignoreElements,
  type Observable,
  takeUntil,
  timer,
} from 'rxjs';
import { livingTree, type Root, sweep } from '../../process/process-tree.js';
import type { AppServer } from './app-server.js';
import { THREAD_MARKER } from './open-thread.js';

/**
 * Ends what the turn of a thread has left running: its agents, the background terminals that codex
 * knows, then whoever carries the marker of the thread. Emits nothing; completes when nothing is
 * alive. Does not fail.
 */
export const cleanThread = (server: AppServer, threadId: string): Observable<never> =>
  concat(
    server.endAgents$(threadId),
    server.request$('thread/backgroundTerminals/clean', { threadId }).pipe(
      catchError(() => EMPTY),
      ignoreElements(),
      takeUntil(timer(CLEAN_MS)),
    ),
    defer(() => {
      const root = commandsOf(server, threadId);
      return root === undefined ? EMPTY : sweep(root).pipe(finalize(() => root.seen.clear()));
    }),
  );

/**
 * Looks before the commands of a thread are ended: when they are gone, who left their session and
 * their environment can be found no more.
 */
export const lookAtThread = (server: AppServer, threadId: string): void => {
  const root = commandsOf(server, threadId);
  if (root !== undefined) livingTree(root);
};

const commandsOf = (
  { threads, root: { startTime } }: AppServer,
  threadId: string,
): Root | undefined => {
  const thread = threads.get(threadId);
  return thread === undefined
    ? undefined
    : { pid: -1, startTime, marker: `${THREAD_MARKER}=${thread.marker}`, seen: thread.seen };
};

/** Milliseconds that codex may take to end its background terminals; then they are killed. */
const CLEAN_MS = 1_000;
