import { defer, map, type Observable, of } from 'rxjs';
import { changeOfInstructions } from '../codex/instructions.js';
import type { Opening } from '../codex/opening.js';
import { instructionsDigest } from '../codex/rollout/noted-instructions.js';
import { SEED_FRAME } from '../codex/seed.js';
import type { Ports } from '../ports.js';
import { PromptError } from './failures.js';
import { codePoints, isTooLong, MAX_PROMPT_CHARS } from './prompt.js';
import { type NewThread, seedThread } from './seed-thread.js';

/** What the host's request holds beside the prompt. */
export interface RequestContext {
  /** What a new thread is. */
  readonly newThread?: NewThread | undefined;
  readonly earlier?: readonly unknown[] | undefined;
  readonly system?: string | undefined;
  /** Whether the thread was told `system` by an earlier attempt of the turn. */
  readonly isTold?: boolean | undefined;
}

type OpeningPorts = Pick<Ports, 'conversation' | 'instructionsOf$' | 'log' | 'onNotice'>;

/**
 * The prompt of a turn and what its thread is given before it: a new thread its seed and the host's
 * instructions, a resumed one changed instructions.
 *
 * Emits the opening once and completes. Fails with the port, and with `PromptError` when the
 * instructions are too long, or changed ones leave no room for the prompt. Unsubscribe unsubscribes
 * from the port.
 */
export const openingOf = (
  prompt: string,
  { newThread = 'first', earlier, system = '', isTold = false }: RequestContext,
  threadId: string | undefined,
  ports: OpeningPorts,
): Observable<Opening> =>
  defer(() => {
    const isInstructed = ports.conversation.system === 'developer';
    if (isInstructed && isTooLong(system)) throw new PromptError('the system text of the request');
    if (threadId === undefined) {
      const seed = seedThread(earlier ?? [], prompt, newThread, ports);
      const instructions = { text: system, isChanged: false };
      return of({
        prompt,
        ...(seed === undefined ? {} : { seed }),
        ...(isInstructed && system !== '' ? { instructions } : {}),
      });
    }
    if (!isInstructed) return of({ prompt });
    return ports.instructionsOf$(threadId).pipe(
      map((digest): Opening => {
        const isChanged = !isTold && digest !== instructionsDigest(system);
        const instructions = { text: system, isChanged };
        const change = changeOfInstructions(instructions) ?? '';
        if (isChanged && codePoints(prompt) + change.length + SEED_FRAME > MAX_PROMPT_CHARS)
          throw new PromptError('the prompt with the changed system text of the request');
        return { prompt, instructions };
      }),
    );
  });
