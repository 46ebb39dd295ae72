import { catchError, defer, EMPTY, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { Usage } from '../canonical/turn-event.js';
import type { CodexSignal } from '../codex/events/to-canonical.js';
import { totalUsage } from '../codex/events/turn-usage.js';
import { passAfter } from '../lines/pass-after.js';
import type { Ports } from '../ports.js';
import { isThreadId } from './session-file.js';

/**
 * Keeps what outlives the process: the thread's id, in the workspace's session file when it differs from the `resumed` one, and its token total.
 *
 * Emits the signals as they come; `thread.started` once its id is stored. A file that cannot be written costs continuity, with a warning, never the
 * turn. Completes, fails and is unsubscribed with the source.
 */
export const keepThread =
  (workspace: string, resumed: string | undefined, ports: Pick<Ports, 'writeSession$' | 'totals' | 'log'>): MonoTypeOperatorFunction<CodexSignal> =>
  (signal$) =>
    defer(() => {
      let threadId = resumed;
      return signal$.pipe(
        passAfter((signal) => {
          if (signal.type === 'thread.started') {
            const known = signal.thread_id === threadId;
            threadId = signal.thread_id;
            return known ? undefined : store(workspace, resumed, threadId, ports);
          }
          if (signal.type === 'turn.completed' && threadId !== undefined) count(threadId, resumed, totalUsage(signal.usage), ports);
          return undefined;
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
    log('warning', 'codex began another thread than the one it was asked to resume', { thread_id: threadId, asked: resumed });
  if (!isThreadId(threadId)) {
    log('warning', 'codex gave its thread an id that is no UUID; the next turn will not resume it', { thread_id: threadId.slice(0, 80) });
    return EMPTY;
  }
  return writeSession$(workspace, threadId).pipe(
    catchError((error: unknown) => {
      log('warning', 'the thread id could not be stored; the next turn will not resume it', { thread_id: threadId, error: String(error) });
      return EMPTY;
    }),
  );
};

const count = (threadId: string, resumed: string | undefined, total: Usage, { totals, log }: Pick<Ports, 'totals' | 'log'>): void => {
  if (resumed === threadId && totals.get(threadId) === undefined) {
    log('info', 'the usage of this turn is the total of its thread: the total before it is not known', { thread_id: threadId });
  }
  totals.set(threadId, total);
};
