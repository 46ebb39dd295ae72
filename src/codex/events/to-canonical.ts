import { defer, filter, map, type OperatorFunction } from 'rxjs';
import { noUsage, type Terminal, type TurnEvent, type Usage } from '../../canonical/turn-event.js';
import { type Exited, type Expired, howEnded } from '../../process/run.js';
import { failure, ownFailure } from './failure.js';
import { lastWords, traced } from './last-words.js';
import type { CodexSignal, TextPiece } from './signal.js';
import { totalUsage, turnUsage } from './turn-usage.js';

interface Before {
  /** The id that is resumed, '' for a new thread. */
  readonly threadId: string;
  /** The thread's total before this turn, where it is known. */
  readonly total?: Usage | undefined;
}

/** What was seen of a turn. */
interface Seen {
  threadId: string;
  /** Whether there was a thread: what begins none may not be codex. */
  began: boolean;
  spoke: boolean;
  thought: boolean;
  usage?: Usage;
  failed?: string;
  lastError?: string;
}

/**
 * Maps the signals of one codex process to canonical events.
 *
 * Emits a `text_delta` or `thinking_delta` for each finished message or reasoning item when codex
 * prints it, and for each piece of one; the first delta of a later message begins with a blank
 * line. Emits the terminal event on `exited`, so after the last process of the turn is gone:
 * `message_end` when the turn completed or was cancelled by the host, else `error`: `timeout` when
 * a deadline ended it. `turn.completed` counts more than the exit code. All other signals emit
 * nothing. Completes, fails and is unsubscribed with the source; keeps no state across
 * subscriptions.
 */
export const toCanonical =
  (before: Before): OperatorFunction<CodexSignal, TurnEvent> =>
  (source$) =>
    defer(() => {
      // Not `scan`: a new state a signal takes longer than reading the signal's JSON.
      const seen: Seen = { threadId: before.threadId, began: false, spoke: false, thought: false };
      return source$.pipe(
        map((signal) => eventOf(before, seen, signal)),
        filter((event) => event !== undefined),
      );
    });

const eventOf = (before: Before, seen: Seen, signal: CodexSignal): TurnEvent | undefined => {
  switch (signal.type) {
    case 'thread.started':
      seen.began = true;
      seen.threadId = signal.thread_id;
      return undefined;
    case 'item.completed':
      return signal.item.type === 'agent_message' || signal.item.type === 'reasoning'
        ? delta(seen, signal.item.type, signal.item.text, true)
        : undefined;
    case 'item.piece':
      return delta(seen, signal.item, signal.text, signal.first);
    case 'turn.completed':
      seen.usage = turnUsage(
        totalUsage(signal.usage),
        seen.threadId === before.threadId ? before.total : undefined,
      );
      return undefined;
    case 'turn.failed':
      seen.failed = signal.error.message;
      return undefined;
    case 'error':
      seen.lastError = signal.message;
      return undefined;
    case 'exited':
      return terminal(seen, signal);
    default:
      return undefined;
  }
};

const delta = (
  seen: Seen,
  item: TextPiece['item'],
  text: string,
  first: boolean,
): TurnEvent | undefined => {
  if (text === '') return undefined;
  if (item === 'agent_message') {
    const later = seen.spoke && first;
    seen.spoke = true;
    return { type: 'text_delta', text: apart(later, text) };
  }
  const later = seen.thought && first;
  seen.thought = true;
  return { type: 'thinking_delta', text: apart(later, text) };
};

const apart = (later: boolean, text: string): string => (later ? `\n\n${text}` : text);

const terminal = (state: Seen, exited: Exited): Terminal => {
  const end = {
    type: 'message_end',
    usage: state.usage ?? noUsage,
    thread_id: state.threadId,
  } as const;
  if (state.usage !== undefined) return { ...end, stop_reason: 'end_turn' };
  const { cancelled } = exited;
  if (cancelled !== undefined && cancelled.expired === undefined)
    return { ...end, stop_reason: 'cancelled' };
  if (state.failed !== undefined) return failure(state.failed);
  return cancelled?.expired === undefined ? died(state, exited) : late(state, cancelled.expired);
};

/** What codex did not do in time, and the key of config.json that says so. */
const deadlines: Readonly<Record<Expired['deadline'], string>> = {
  firstEvent: 'it printed no event (first_event_timeout_ms)',
  idle: 'it printed no event (idle_timeout_ms)',
  command: 'a tool ran without an event (command_timeout_ms)',
  turn: 'the turn went on (turn_timeout_ms)',
  exit: 'it did not exit after the end of the turn',
};

const late = ({ lastError }: Seen, { deadline, ms }: Expired): Terminal => {
  const said = lastError === undefined ? '' : `; it said last: ${lastError}`;
  return ownFailure(
    'timeout',
    `after ${ms} ms the turn was ended: ${deadlines[deadline]}${said}`,
    true,
  );
};

const HINT = '; it printed no event at all: is "binary" in config.json really codex?';

/**
 * codex went without an end of the turn: what it said last, on stderr or stdout, is the reason.
 * Whoever is killed says nothing: what stands on stderr then is of something else, a tool perhaps.
 */
const died = (state: Seen, { code, signal, stderr, isCodex }: Exited): Terminal => {
  const how = howEnded({ code, signal });
  const said = (signal === null ? lastWords(stderr) : undefined) ?? state.lastError;
  const hint = state.began || isCodex === true ? '' : HINT;
  if (said === undefined)
    return ownFailure(
      'process_died',
      `the process ${how} ${traced(stderr) ?? 'and said nothing'}${hint}`,
      true,
    );
  const known = failure(said, 'process_died');
  const isKnown = known.kind !== 'process_died' && !(known.kind === 'thread_lost' && state.began);
  return isKnown ? known : ownFailure('process_died', `the process ${how}: ${said}${hint}`, true);
};
