import { concatMap, type OperatorFunction, scan } from 'rxjs';
import { noUsage, type Terminal, type TurnEvent, type Usage } from '../../canonical/turn-event.js';
import type { Exited } from '../exec/codex-run.js';
import type { ItemEvent } from './codex-event.js';
import type { Decoded } from './decode-event.js';
import { failure } from './failure.js';
import { totalUsage, turnUsage } from './turn-usage.js';

/** What a transport of codex emits: `decoded*  exited`. */
export type CodexSignal = Decoded | Exited;

interface Before {
  /** The id that is resumed, '' for a new thread. */
  readonly threadId: string;
  /** The thread's total before this turn, where it is known. */
  readonly total?: Usage | undefined;
}

interface State {
  readonly threadId: string;
  readonly spoke: boolean;
  readonly thought: boolean;
  readonly usage?: Usage;
  readonly failed?: string;
  readonly lastError?: string;
  readonly events: readonly TurnEvent[];
}

/**
 * Maps the signals of one codex process to canonical events.
 *
 * Emits a `text_delta` or `thinking_delta` for each finished message or reasoning item when codex prints it; the first delta of a
 * later message begins with a blank line. Emits the terminal event on `exited`, so after the last process of the turn is gone:
 * `message_end` when the turn completed or was cancelled, else `error`. `turn.completed` counts more than the exit code. All other
 * signals emit nothing. Completes, fails and is unsubscribed with the source; keeps no state across subscriptions.
 */
export const toCanonical =
  (before: Before): OperatorFunction<CodexSignal, TurnEvent> =>
  (source$) =>
    source$.pipe(
      scan((state: State, signal: CodexSignal) => advance(before, state, signal), {
        threadId: before.threadId,
        spoke: false,
        thought: false,
        events: [],
      }),
      concatMap((state) => state.events),
    );

const advance = (before: Before, last: State, signal: CodexSignal): State => {
  const state = last.events.length === 0 ? last : { ...last, events: [] };
  switch (signal.type) {
    case 'thread.started':
      return { ...state, threadId: signal.thread_id };
    case 'item.completed':
      return withItem(state, signal);
    case 'turn.completed':
      return { ...state, usage: turnUsage(totalUsage(signal.usage), state.threadId === before.threadId ? before.total : undefined) };
    case 'turn.failed':
      return { ...state, failed: signal.error.message };
    case 'error':
      return { ...state, lastError: signal.message };
    case 'exited':
      return { ...state, events: [terminal(state, signal)] };
    default:
      return state;
  }
};

const withItem = (state: State, { item }: ItemEvent): State => {
  if (item.type === 'agent_message' && item.text !== '') {
    return { ...state, spoke: true, events: [{ type: 'text_delta', text: apart(state.spoke, item.text) }] };
  }
  if (item.type === 'reasoning' && item.text !== '') {
    return { ...state, thought: true, events: [{ type: 'thinking_delta', text: apart(state.thought, item.text) }] };
  }
  return state;
};

const apart = (later: boolean, text: string): string => (later ? `\n\n${text}` : text);

const terminal = (state: State, exited: Exited): Terminal => {
  const end = { type: 'message_end', usage: state.usage ?? noUsage, thread_id: state.threadId } as const;
  if (state.usage !== undefined) return { ...end, stop_reason: 'end_turn' };
  if (exited.cancelled !== undefined) return { ...end, stop_reason: 'cancelled' };
  if (state.failed !== undefined) return failure(state.failed);
  return died(state, exited);
};

/** codex went without an end of the turn: what it said last, on stderr or stdout, is the reason. */
const died = (state: State, { code, signal, stderr }: Exited): Terminal => {
  const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  const said = lastWords(stderr) ?? state.lastError;
  if (said === undefined) return failure(`the process ${how} and said nothing`, 'process_died');
  const known = failure(said, 'process_died');
  return known.kind === 'process_died' ? failure(`the process ${how}: ${said}`, 'process_died') : known;
};

/** From the last line that begins with "Error" on; without one, the last line of all. */
const lastWords = (stderr: string): string | undefined => {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^(Reading additional input|WARNING:)/.test(line));
  const error = lines.findLastIndex((line) => /^(error\b|thread '.*' panicked at)/i.test(line));
  return error === -1 ? lines.at(-1) : lines.slice(error).join('\n');
};
