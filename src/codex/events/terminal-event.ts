import { type ErrorKind, noUsage, type Terminal, type Usage } from '../../canonical/turn-event.js';
import { howEnded } from '../../process/run.js';
import type { CodexExited, Expired } from '../run.js';
import { failure, ownFailure } from './failure.js';
import { lastTrace, lastWords } from './last-words.js';

/** How far a turn came before its process exited. */
export interface TurnOutcome {
  readonly threadId: string;
  /** Whether codex has reported a thread: a program that does not may not be codex. */
  readonly hasThread: boolean;
  /** The usage of the turn; present when the turn completed. */
  readonly usage?: Usage;
  /** The message of `turn.failed`. */
  readonly failure?: string;
  /** The message of the last `error` event. codex retries after such an event. */
  readonly lastError?: string;
}

/**
 * The terminal event of a turn, by precedence: `message_end` for a completed turn, whatever the
 * exit code; `message_end` with `cancelled` for a cancel by the host; `error` for `turn.failed`;
 * `timeout` for an expired deadline, `network` for that of reconnecting; otherwise `error` with the
 * reason that stderr or the last `error` gives.
 */
export const terminalEvent = (outcome: TurnOutcome, exited: CodexExited): Terminal => {
  const end = {
    type: 'message_end',
    usage: outcome.usage ?? noUsage,
    thread_id: outcome.threadId,
  } as const;
  if (outcome.usage !== undefined) return { ...end, stop_reason: 'end_turn' };
  const { cancelled, expired } = exited;
  if (cancelled !== undefined && expired === undefined) return { ...end, stop_reason: 'cancelled' };
  if (outcome.failure !== undefined) return failure(outcome.failure);
  return expired === undefined ? processDied(outcome, exited) : deadlineError(outcome, expired);
};

/** What exceeded each deadline, with its key in config.json. */
const deadlines: Readonly<Record<Expired['deadline'], string>> = {
  firstEvent: 'it printed no event (first_event_timeout_ms)',
  idle: 'it printed no event (idle_timeout_ms)',
  command: 'a tool ran without an event (command_timeout_ms)',
  reconnect: 'it only tried to reconnect (reconnect_timeout_ms)',
  turn: 'the turn went on (turn_timeout_ms)',
  exit: 'it did not exit after the end of the turn',
};

const deadlineError = ({ lastError }: TurnOutcome, { deadline, ms }: Expired): Terminal => {
  const detail = lastError === undefined ? '' : `; it said last: ${lastError}`;
  return ownFailure(
    deadline === 'reconnect' ? connectionKind(lastError) : 'timeout',
    `after ${ms} ms the turn was ended: ${deadlines[deadline]}${detail}`,
    true,
  );
};

/** The kind of a lost connection: `network`, unless the reason names another one that passes. */
const connectionKind = (reason = ''): ErrorKind => {
  const { kind, retryable } = failure(reason);
  return retryable ? kind : 'network';
};

const HINT = '; it printed no event at all: is "binary" in config.json really codex?';

/**
 * The event for an exit without an end of the turn. The reason is the last message on stderr, or on
 * stdout. After a signal, stderr is ignored: a killed codex prints no reason, so its last line
 * there may come from a tool.
 */
const processDied = (outcome: TurnOutcome, exited: CodexExited): Terminal => {
  const { code, signal, stderr, isCodex } = exited;
  const how = howEnded({ code, signal });
  const reason = (signal === null ? lastWords(stderr) : undefined) ?? outcome.lastError;
  const hint = outcome.hasThread || isCodex === true ? '' : HINT;
  if (reason === undefined)
    return ownFailure(
      'process_died',
      `the process ${how} ${lastTrace(stderr) ?? 'and said nothing'}${hint}`,
      true,
    );
  const known = failure(reason, 'process_died');
  const isKnown =
    known.kind !== 'process_died' && !(known.kind === 'thread_lost' && outcome.hasThread);
  return isKnown ? known : ownFailure('process_died', `the process ${how}: ${reason}${hint}`, true);
};
