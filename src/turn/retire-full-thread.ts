import { catchError, concat, defer, type MonoTypeOperatorFunction, of } from 'rxjs';
import type { TurnError, TurnEvent } from '../canonical/turn-event.js';
import { withStep } from '../codex/events/advice.js';
import { fullThread, isThreadId } from '../codex/thread-id.js';
import type { Ports } from '../ports.js';
import { concatSteps } from '../streams/concat-steps.js';
import { reasonOf } from '../text/explain.js';

type RetirePorts = Pick<Ports, 'conversation' | 'workspaceId' | 'writeSession$' | 'log'>;

/**
 * Retires the thread of a turn that ran out of the context window, where `on_context_window` asks
 * for a new one: the session file says so, and the next turn begins another thread in its place.
 *
 * Emits each event as it comes, but that error once the file is written, and says in its message
 * what comes next: a new thread that is full before it has answered does not take the message when
 * it is sent again. A file that cannot be written is a warning. Completes and fails with the
 * source. Unsubscribe unsubscribes from the source and from the write. `threadOf` names the thread;
 * `resumed` is the one with which the turn began.
 */
export const retireFullThread =
  (
    workspace: string,
    threadOf: () => string | undefined,
    resumed: string | undefined,
    { conversation, workspaceId, writeSession$, log }: RetirePorts,
  ): MonoTypeOperatorFunction<TurnEvent> =>
  (event$) => {
    if (conversation.onContextWindow !== 'new_thread') return event$;
    return defer(() => {
      const begun = workspaceId?.(workspace);
      let hasAnswered = false;
      const retired = (error: TurnError, threadId: string) =>
        concat(
          writeSession$(workspace, fullThread(threadId), begun),
          defer(() => {
            log(
              'warning',
              'the context window of the thread is full; the next turn begins a new one',
              {
                thread_id: threadId,
              },
            );
            const next = hasAnswered || threadId === resumed ? NEXT : SHORTEN;
            return of(withStep(error, next));
          }),
        ).pipe(
          catchError((reason: unknown) => {
            log('warning', `the thread with a full context window stays: ${reasonOf(reason)}`, {
              thread_id: threadId,
            });
            return of(error);
          }),
        );
      return event$.pipe(
        concatSteps<TurnEvent, TurnEvent>((event) => {
          if (event.type !== 'error' || event.kind !== 'context_window') {
            hasAnswered = true;
            return event;
          }
          const threadId = threadOf() ?? '';
          return isThreadId(threadId) ? retired(event, threadId) : event;
        }),
      );
    });
  };

const NEXT = 'the next turn of this workspace begins a new thread; send the message again';

const SHORTEN =
  'the thread was new, so this message, with the earlier messages before it, is longer than the window: shorten it, or lower history_max_chars in config.json; the next turn of this workspace begins another thread';
