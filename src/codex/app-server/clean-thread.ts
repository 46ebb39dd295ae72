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
import { killUntilGone, lookAtTree } from '../../process/end-tree.js';
import { livingTree, NO_PID, type Root } from '../../process/process-tree.js';
import type { AppServer } from './app-server.js';
import { THREAD_MARKER } from './thread-marker.js';

/** Milliseconds that codex may take to end its background terminals before they are killed. */
const CLEAN_MS = 1_000;

/**
 * Ends the processes of a thread after its turn: its agents, the background terminals that codex
 * knows, then every process with the thread's marker; after a normal end no daemon, see
 * `letDaemonsGo`.
 *
 * Emits nothing; completes when none of them is alive; does not fail. Unsubscribe stops waiting.
 */
export const cleanThread = (
  server: AppServer,
  threadId: string,
  isNormal = false,
): Observable<never> =>
  concat(
    server.interruptAgents$(threadId),
    server.request$('thread/backgroundTerminals/clean', { threadId }).pipe(
      catchError(() => EMPTY),
      ignoreElements(),
      takeUntil(timer(CLEAN_MS)),
    ),
    defer(() => {
      const root = commandsOf(server, threadId);
      if (root === undefined) return EMPTY;
      const isGone = isNormal && lookAtTree(root, server.root.pid).isGone;
      return (isGone ? EMPTY : killUntilGone(root)).pipe(finalize(() => root.seen.clear()));
    }),
  );

/**
 * Remembers the running commands of a thread. Call it before they are ended: a command that has
 * left its session and its environment cannot be found once its parent is dead.
 */
export const rememberCommands = (server: AppServer, threadId: string): void => {
  const root = commandsOf(server, threadId);
  if (root !== undefined) livingTree(root);
};

/** The processes with the marker of a thread, as a tree without a root process. */
const commandsOf = (
  { threads, root: { startTime, left, onLeft } }: AppServer,
  threadId: string,
): Root | undefined => {
  const thread = threads.get(threadId);
  return thread === undefined
    ? undefined
    : {
        pid: NO_PID,
        startTime,
        marker: `${THREAD_MARKER}=${thread.marker}`,
        seen: thread.seen,
        left,
        ...(onLeft === undefined ? {} : { onLeft }),
      };
};
