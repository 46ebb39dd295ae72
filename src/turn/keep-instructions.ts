import { catchError, defer, EMPTY, type MonoTypeOperatorFunction } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import type { Ports } from '../ports.js';
import { passAfter } from '../streams/pass-after.js';
import { reasonOf } from '../text/explain.js';

/**
 * Notes which instructions of the host a thread has got, when a turn has begun in it.
 *
 * Emits each signal as it comes, but `exited`, and those after it, once the digest is stored. A
 * note that cannot be written is a warning: the next turn tells the thread its instructions again.
 * Completes and fails with the source. Unsubscribe unsubscribes from the source and drops the
 * signals that wait.
 */
export const keepInstructions =
  (
    digest: string,
    { noteInstructions$, log }: Pick<Ports, 'noteInstructions$' | 'log'>,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (signal$) =>
    defer(() => {
      let threadId: string | undefined;
      let hasBegun = false;
      return signal$.pipe(
        passAfter((signal) => {
          if (signal.type === 'thread.started') threadId = signal.thread_id;
          if (signal.type === 'turn.started') hasBegun = true;
          if (signal.type !== 'exited' || threadId === undefined || !hasBegun) return undefined;
          return noteInstructions$(threadId, digest).pipe(
            catchError((error: unknown) => {
              log('warning', `the instructions of the thread cannot be noted: ${reasonOf(error)}`, {
                thread_id: threadId,
              });
              return EMPTY;
            }),
          );
        }),
      );
    });
