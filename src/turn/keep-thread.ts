import {
  catchError,
  defer,
  EMPTY,
  finalize,
  type MonoTypeOperatorFunction,
  type Observable,
} from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import { isThreadId } from '../codex/thread-id.js';
import type { Ports } from '../ports.js';
import { passAfter } from '../streams/pass-after.js';
import { reasonOf } from '../text/explain.js';
import { beginThread } from './begin-thread.js';

/**
 * Stores the id of the thread in the session file of the workspace, unless it is the `resumed` one.
 * A thread that takes the place of the `replaced` one is stored when codex answers in it: a turn
 * that fails alike in both leaves the workspace its earlier thread. So is a seeded one: its seed
 * may come with the prompt, which codex records later than it names the thread, or, for a hook,
 * never.
 *
 * ```
 * source  --N--S--a--C--x|       N thread.started  a an item  x exited
 * stored  --N                    a new thread
 * stored  --------N              one that is seeded, or takes the place of another
 * ```
 *
 * Until a new thread is stored, no other process begins one in the workspace; see `beginThread`.
 * Only the folder that the workspace is on subscription gets the file, not one that takes its place
 * during the turn. Emits each signal as it comes, but the one at which the id is stored, and those
 * after it, once it is stored. A file that cannot be written is a warning. Completes and fails with
 * the source. Unsubscribe unsubscribes from the source and drops the signals that wait.
 */
export const keepThread =
  (
    workspace: string,
    resumed: string | undefined,
    ports: SessionPorts,
    { replaced, isSeeded = false }: NewThreadOptions = {},
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (signal$) =>
    defer(() => {
      let threadId = resumed;
      let isStored = true;
      const waits = isSeeded || replaced !== undefined;
      const begun = ports.workspaceId?.(workspace);
      const keep = (onStored: () => void): Observable<CodexSignal> =>
        signal$.pipe(
          passAfter((signal) => {
            if (signal.type === 'thread.started' && signal.thread_id !== threadId) {
              threadId = signal.thread_id;
              isStored = false;
            }
            if (isStored || threadId === undefined) return undefined;
            if (replaced !== undefined && signal.type === 'exited')
              ports.log('warning', KEPT, { thread_id: replaced, replacement: threadId });
            if (waits && !isAnswer(signal)) return undefined;
            isStored = true;
            return storeThread(workspace, resumed, threadId, begun, ports).pipe(finalize(onStored));
          }),
        );
      return resumed === undefined
        ? beginThread(workspace, replaced, ports, keep)
        : keep(() => undefined);
    });

const KEPT =
  'the new thread ended before codex answered in it; the workspace keeps its previous thread';

interface NewThreadOptions {
  /** The stored thread whose place the new one takes. */
  readonly replaced?: string | undefined;
  /** Whether the new thread begins with earlier messages. */
  readonly isSeeded?: boolean | undefined;
}

/** Whether codex answers: a turn that is refused, or blocked by a hook, has no such signal. */
const isAnswer = (signal: CodexSignal): boolean =>
  signal.type === 'item.piece' ||
  ((signal.type === 'item.started' || signal.type === 'item.completed') &&
    signal.item.type !== 'error');

type SessionPorts = Pick<
  Ports,
  'workspaceId' | 'writeSession$' | 'readSession$' | 'lockNewThread$' | 'log'
>;

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
      log('warning', `the thread id could not be stored: ${reasonOf(error)}`, {
        thread_id: threadId,
      });
      return EMPTY;
    }),
  );
};
