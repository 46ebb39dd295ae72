import { catchError, defer, EMPTY, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import { passAfter } from '../lines/pass-after.js';
import { isThreadId } from '../node/session-file.js';
import type { Ports } from '../ports.js';

/**
 * Keeps the thread's id in the workspace's session file when it differs from the `resumed` one.
 *
 * Emits the signals as they come; `thread.started` once its id is stored. A file that cannot be
 * written costs continuity, with a warning, never the turn. Completes, fails and is unsubscribed
 * with the source.
 */
export const keepThread =
  (
    workspace: string,
    resumed: string | undefined,
    ports: Pick<Ports, 'writeSession$' | 'log'>,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (signal$) =>
    defer(() => {
      let threadId = resumed;
      return signal$.pipe(
        passAfter((signal) => {
          if (signal.type !== 'thread.started' || signal.thread_id === threadId) return undefined;
          threadId = signal.thread_id;
          return store(workspace, resumed, threadId, ports);
        }),
      );
    });

const store = (
  workspace: string,
  resumed: string | undefined,
  threadId: string,
  { writeSession$, log }: Pick<Ports, 'writeSession$' | 'log'>,
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
  return writeSession$(workspace, threadId).pipe(
    catchError((error: unknown) => {
      log('warning', 'the thread id could not be stored; the next turn will not resume it', {
        thread_id: threadId,
        error: String(error),
      });
      return EMPTY;
    }),
  );
};
