import {
  type ErrorKind,
  noUsage,
  type Terminal,
  type TurnError,
  type Usage,
} from '../../canonical/turn-event.js';
import { type Expired, howEnded } from '../../process/run.js';
import type { CodexExited } from '../run.js';
import type { CodexFailure } from './codex-event.js';
import { classify, failure, ownFailure } from './failure.js';
import { lastTrace, lastWords, ownWords } from './last-words.js';
import type { Moment } from './retry-after.js';
import type { HookStopped } from './signal.js';
import { stoppedByHook } from './silent-end.js';

/** How far a turn came before its process exited. */
export interface TurnOutcome {
  readonly threadId: string;
  /** Whether codex has reported a thread: a program that does not may not be codex. */
  readonly hasThread: boolean;
  /** The usage of the turn; present when the turn completed. */
  readonly usage?: Usage;
  /** The error of `turn.failed`. */
  readonly failure?: CodexFailure;
  /** The message of the last `error` event. codex retries after such an event. */
  readonly lastError?: string;
  /** Whether the model has answered. */
  readonly hasAnswer?: boolean;
  /** The last hook that blocked or stopped something. */
  readonly stop?: HookStopped;
}

/**
 * The terminal event of a turn, by precedence: `content_filtered` for a completed turn that a hook
 * ended before the model answered; `message_end` for a completed turn, whatever the exit code;
 * `config` for a turn that was ended because of its sandbox;
 * `message_end` with `cancelled` for a cancel by the host; `error` for `turn.failed`; `timeout` for
 * an expired deadline, `network` for that of reconnecting; otherwise `error` with the reason that
 * stderr or the last `error` gives. `moment` is that of the exit.
 */
export const terminalEvent = (
  outcome: TurnOutcome,
  exited: CodexExited,
  moment: Moment,
): Terminal => {
  const end = {
    type: 'message_end',
    usage: outcome.usage ?? noUsage,
    thread_id: outcome.threadId,
  } as const;
  if (outcome.usage !== undefined)
    return outcome.stop !== undefined && outcome.hasAnswer === false
      ? stoppedByHook(outcome.stop)
      : { ...end, stop_reason: 'end_turn' };
  const { expired, refused } = exited.cancelled ?? {};
  if (refused !== undefined) return ownFailure('config', refused);
  if (exited.cancelled !== undefined && expired === undefined)
    return { ...end, stop_reason: 'cancelled' };
  if (outcome.failure !== undefined) {
    const { message, codexErrorInfo: info, resetsAt } = outcome.failure;
    return failure(message, { ...moment, info, resetsAt });
  }
  return expired === undefined
    ? exitFailure(outcome, exited, moment)
    : deadlineError(outcome, expired);
};

/** What codex did, or did not do, until each deadline, with its key in config.json. */
const deadlines: Readonly<Record<Expired['deadline'], (ms: number) => string>> = {
  firstEvent: (ms) => `it did not begin the turn within ${ms} ms (first_event_timeout_ms)`,
  idle: (ms) => `it gave no sign of life for ${ms} ms (idle_timeout_ms)`,
  command: (ms) => `it gave no sign of life for ${ms} ms while a tool ran (command_timeout_ms)`,
  reconnect: (ms) => `it only tried to reconnect for ${ms} ms (reconnect_timeout_ms)`,
  turn: (ms) => `it took longer than ${ms} ms (turn_timeout_ms)`,
  exit: (ms) => `it did not exit within ${ms} ms of the end of the turn`,
};

const deadlineError = ({ lastError }: TurnOutcome, { deadline, ms }: Expired): Terminal => {
  const detail = lastError === undefined ? '' : `; it said last: ${lastError}`;
  return ownFailure(
    deadline === 'reconnect' ? connectionKind(lastError) : 'timeout',
    `the turn was ended: ${deadlines[deadline](ms)}${detail}`,
    true,
  );
};

/** The kind of a lost connection: `network`, unless the reason names another one that passes. */
const connectionKind = (reason = ''): ErrorKind => {
  const { kind, retryable } = classify(reason);
  return retryable ? kind : 'network';
};

const HINT = 'is "binary" in config.json really codex?';
/** Its package may say the version of a codex that was unpacked in part. */
const DAMAGED = 'if "codex --version" prints no version either, install codex again';

/**
 * The event for an exit without an end of the turn. codex's own words, on stderr or in an `error`
 * event, are its reason; a program without them has died. After a signal, stderr is ignored once
 * there is a thread: a killed codex prints no reason, so its last line may come from a tool.
 */
export const exitFailure = (
  outcome: Pick<TurnOutcome, 'hasThread' | 'lastError'>,
  exited: CodexExited,
  moment: Moment,
): TurnError => {
  const { code, signal, stderr, isCodex } = exited;
  const { hasThread, lastError } = outcome;
  const how = howEnded({ code, signal });
  const isOwn = signal === null || !hasThread;
  const own = isOwn ? ownWords(stderr) : undefined;
  const last = isOwn ? lastWords(stderr) : undefined;
  const isKnown = last !== undefined && classify(last).isKnown && !isForeign(last, hasThread);
  const reason = own ?? (isKnown ? last : lastError);
  if (reason !== undefined && (signal === null || classify(reason).isKnown))
    return failure(reason, moment);
  const words = reason ?? last;
  const trace = lastTrace(stderr);
  const isMute = words === undefined && trace === undefined;
  const hint =
    hasThread || (isCodex === true && !isMute)
      ? ''
      : `; it printed no event at all: ${isCodex === true ? DAMAGED : HINT}`;
  return ownFailure(
    'process_died',
    words === undefined
      ? `the process ${how} ${trace ?? 'and said nothing'}${hint}`
      : `the process ${how}: ${words}${hint}`,
    true,
  );
};

/** Whether words that codex did not mark as its own are of no use: the thread is there. */
const isForeign = (text: string, hasThread: boolean): boolean =>
  hasThread && classify(text).kind === 'thread_lost';
