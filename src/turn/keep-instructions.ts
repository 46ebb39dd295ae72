import { catchError, EMPTY, identity, type MonoTypeOperatorFunction } from 'rxjs';
import { isTerminal, type TurnEvent } from '../canonical/turn-event.js';
import { instructionsDigest } from '../codex/rollout/noted-instructions.js';
import type { Ports } from '../ports.js';
import { passAfter } from '../streams/pass-after.js';
import { reasonOf } from '../text/explain.js';
import type { TurnNotes } from './turn-notes.js';

/**
 * Notes which instructions of the host a thread has got, where the operator wants them: a new one
 * when its turn has begun, the `resumed` one when codex has recorded the change, or the prompt,
 * since the change may come with it.
 *
 * Emits each event as it comes, but the terminal one, and those after it, once that is noted. A
 * note that cannot be written is a warning: the next turn tells the thread its instructions again.
 * Completes and fails with the source. Unsubscribe unsubscribes from the source and from the write.
 * `soFar` gives what the turn has learned, all of it at its terminal event.
 */
export const keepInstructions = (
  system: string | undefined,
  resumed: string | undefined,
  soFar: TurnNotes['soFar'],
  ports: Pick<Ports, 'conversation' | 'noteInstructions$' | 'log'>,
): MonoTypeOperatorFunction<TurnEvent> => {
  if (ports.conversation.system !== 'developer') return identity;
  return passAfter((event) => {
    const { threadId, trace, instructed } = soFar();
    if (!isTerminal(event) || threadId === undefined) return undefined;
    const isGiven = threadId === resumed ? trace?.hasPrompt : trace?.hasBegun;
    if (isGiven !== true && instructed !== threadId) return undefined;
    return ports.noteInstructions$(threadId, instructionsDigest(system ?? '')).pipe(
      catchError((error: unknown) => {
        ports.log('warning', `the instructions of the thread cannot be noted: ${reasonOf(error)}`, {
          thread_id: threadId,
        });
        return EMPTY;
      }),
    );
  });
};
