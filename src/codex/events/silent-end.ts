import type { Terminal, TurnError } from '../../canonical/turn-event.js';
import { ownFailure } from './failure.js';
import type { HookStopped } from './signal.js';

/** The end of a turn that a hook ended before the model answered, in the hook's own words. */
export const stoppedByHook = ({ event, source, reason }: HookStopped): TurnError =>
  ownFailure(
    'content_filtered',
    `the ${event} hook of ${source} ended the turn before the model answered: ${reason.trim() || 'it gave no reason'}`,
  );

/** What the records of a turn show of it. */
export interface TurnTrace {
  /** Whether the thread was told changed instructions before the turn began. */
  readonly isInstructed: boolean;
  /** Whether the turn has begun in them: without its beginning they show nothing. */
  readonly hasBegun: boolean;
  readonly hasPrompt: boolean;
  /** Whether there are messages, reasoning, calls, or tokens of a request. */
  readonly hasAnswer: boolean;
  /** Whether its end is there. */
  readonly hasEnded: boolean;
}

/**
 * The end of a turn in which nothing was said. codex reports a turn as completed although a hook
 * has blocked its prompt, and `codex exec` does not print the hook's words (0.135.0 to 0.171.0). A
 * turn whose model was asked and answered nothing has tokens, and ends as codex says.
 */
export const silentEnd = (terminal: Terminal, trace: TurnTrace): Terminal => {
  if (terminal.type === 'error' || terminal.stop_reason === 'cancelled') return terminal;
  const { input_tokens, output_tokens } = terminal.usage;
  const wasAsked = trace.hasAnswer || input_tokens + output_tokens > 0;
  if (!trace.hasBegun || wasAsked) return terminal;
  return trace.hasPrompt
    ? ownFailure('internal', UNASKED, true)
    : ownFailure('content_filtered', BLOCKED);
};

const BLOCKED =
  'a hook (UserPromptSubmit or SessionStart) ended the turn before the model was asked: change the prompt or the hook. codex exec does not report the reason ("transport": "app-server" does); "doctor" lists the hooks';

const UNASKED =
  'the turn completed without a message, a call or a request to the model, and codex gave no reason; send it again';
