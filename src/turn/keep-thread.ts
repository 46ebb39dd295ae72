import {
  catchError,
  concat,
  defer,
  EMPTY,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
} from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import { isThreadId } from '../codex/thread-id.js';
import type { Ports } from '../ports.js';
import { concatSteps } from '../streams/concat-steps.js';

/**
 * Stores the id of the thread in the session file of the workspace, unless it is the `resumed` one.
 *
 * Only the folder that the workspace is on subscription gets the file, not one that takes its place
 * during the turn. Emits each signal as it comes, but `thread.started`, and those after it, once
 * its id is stored. A file that cannot be written is a warning: the next turn begins a new thread.
 * Completes and fails with the source. Unsubscribe unsubscribes from the source and drops the
 * signals that wait.
 */
export const keepThread =
  (
    workspace: string,
    resumed: string | undefined,
    ports: SessionPorts,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (signal$) =>
    defer(() => {
      let threadId = resumed;
      const begun = ports.workspaceId?.(workspace);
      return signal$.pipe(
        passAfter((signal) => {
          if (signal.type !== 'thread.started' || signal.thread_id === threadId) return undefined;
          threadId = signal.thread_id;
          return storeThread(workspace, resumed, threadId, begun, ports);
        }),
      );
    });

type SessionPorts = Pick<Ports, 'workspaceId' | 'writeSession$' | 'log'>;

/** Stores the id and completes. Does not fail: logs what the next turn cannot resume. */
const storeThread = (
  workspace: string,
  resumed: string | undefined,
  threadId: string,
  begun: string | undefined,
  { writeSession$, log }: SessionPorts,
): Observable<never> => {
  if (resumed !== undefined)
    log('warning', 'codex began another thread than the one it was asked to resume', {
      thread_id: threadId,
      asked: resumed,
    });
  if (!isThreadId(threadId)) {
    log(
      'warning',
      'codex gave its thread an id that is no UUID; the next turn will not resume it',
      { thread_id: threadId.slice(0, 80) },
    );
    return EMPTY;
  }
  return writeSession$(workspace, threadId, begun).pipe(
    catchError((error: unknown) => {
      log('warning', 'the thread id could not be stored; the next turn will not resume it', {
        thread_id: threadId,
        error: String(error),
      });
      return EMPTY;
    }),
  );
};

/**
 * Delays a value, and those after it, until the work for it has completed.
 *
 * Emits each value once `work(value)` has completed, at once where `work` returns `undefined`; the
 * order is that of the source. Completes when the source and the last work have completed. Fails
 * when either fails. Unsubscribe unsubscribes from both and drops the values that wait.
 */
export const passAfter = <T>(
  work: (value: T) => Observable<never> | undefined,
): MonoTypeOperatorFunction<T> =>
  concatSteps((value) => {
    const work$ = work(value);
    return work$ === undefined ? value : concat(work$, of(value));
  });
