import { catchError, concat, concatMap, EMPTY, type MonoTypeOperatorFunction, type Observable, of } from 'rxjs';
import type { CodexSignal } from '../codex/events/to-canonical.js';
import { totalUsage } from '../codex/events/turn-usage.js';
import type { Ports } from '../ports.js';
import { isThreadId } from './session-file.js';

/**
 * Keeps what outlives the process: the thread's id, in the workspace's session file when it differs from the `resumed` one, and its token total.
 *
 * Emits the signals as they come; `thread.started` once its id is stored. A file that cannot be written costs continuity, with a warning, never the
 * turn. Completes, fails and is unsubscribed with the source.
 */
export const keepThread = (workspace: string, resumed: string | undefined, ports: Ports): MonoTypeOperatorFunction<CodexSignal> => {
  let threadId = resumed;
  const store = (id: string): Observable<never> => {
    threadId = id;
    if (id === resumed) return EMPTY;
    if (resumed !== undefined)
      ports.log('warning', 'codex began another thread than the one it was asked to resume', { thread_id: id, asked: resumed });
    if (!isThreadId(id)) {
      ports.log('warning', 'codex gave its thread an id that is no UUID; the next turn will not resume it', { thread_id: id.slice(0, 80) });
      return EMPTY;
    }
    return ports.writeSession$(workspace, id).pipe(
      catchError((error: unknown) => {
        ports.log('warning', 'the thread id could not be stored; the next turn will not resume it', { thread_id: id, error: String(error) });
        return EMPTY;
      }),
    );
  };
  const count = (total: Parameters<typeof totalUsage>[0]): void => {
    if (threadId === undefined) return;
    if (resumed !== undefined && ports.totals.get(resumed) === undefined) {
      ports.log('info', 'the usage of this turn is the total of its thread: the total before it is not known', { thread_id: threadId });
    }
    ports.totals.set(threadId, totalUsage(total));
  };
  return concatMap((signal) => {
    if (signal.type === 'thread.started') return concat(store(signal.thread_id), of(signal));
    if (signal.type === 'turn.completed') count(signal.usage);
    return [signal];
  });
};
