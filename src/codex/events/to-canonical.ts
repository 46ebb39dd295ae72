import { asyncScheduler, defer, filter, map, type OperatorFunction } from 'rxjs';
import type { TurnEvent, Usage } from '../../canonical/turn-event.js';
import type { CodexFailure } from './codex-event.js';
import type { CodexSignal, HookStopped, TextPiece } from './signal.js';
import { terminalEvent } from './terminal-event.js';
import { totalUsage, turnUsage } from './turn-usage.js';

/** The thread before the turn. */
interface ThreadBefore {
  /** The id of the resumed thread, '' for a new thread. */
  readonly threadId: string;
  /** The thread's total before this turn; absent when unknown. */
  readonly total?: Usage | undefined;
  /** `TZ` of codex's process, which names times of day; without it, the zone of this process. */
  readonly timeZone?: string | undefined;
}

/** The state of a turn while its signals arrive. */
interface TurnState {
  threadId: string;
  hasThread: boolean;
  hasText: boolean;
  hasThinking: boolean;
  usage?: Usage;
  failure?: CodexFailure;
  lastError?: string;
  /** Whether the model has answered, or an item of its answer has been reported. */
  hasAnswer: boolean;
  stop?: HookStopped;
}

/**
 * Maps the signals of one codex process to canonical events.
 *
 * Emits a `text_delta` or `thinking_delta` for each completed message or reasoning item, and for
 * each piece of one; a blank line separates an item from the item of its kind before. Emits the
 * terminal event on `exited`, after the last process of the turn has exited, see `terminalEvent`.
 * Emits nothing for any other signal. Completes and fails with the source; unsubscribe unsubscribes
 * from the source.
 */
export const toCanonical =
  (before: ThreadBefore): OperatorFunction<CodexSignal, TurnEvent> =>
  (source$) =>
    defer(() =>
      source$.pipe(
        map(createCanonical(before)),
        filter((event) => event !== undefined),
      ),
    );

/** The function of `toCanonical` for the signals of one turn, one after the other. */
export const createCanonical = (
  before: ThreadBefore,
): ((signal: CodexSignal) => TurnEvent | undefined) => {
  // Mutable: a new state per signal takes longer than parsing the signal's JSON.
  const state: TurnState = {
    threadId: before.threadId,
    hasThread: false,
    hasText: false,
    hasThinking: false,
    hasAnswer: false,
  };
  return (signal) => eventOf(before, state, signal);
};

const eventOf = (
  before: ThreadBefore,
  state: TurnState,
  signal: CodexSignal,
): TurnEvent | undefined => {
  switch (signal.type) {
    case 'thread.started':
      state.hasThread = true;
      state.threadId = signal.thread_id;
      return undefined;
    case 'hook.stopped':
      state.stop = signal;
      return undefined;
    case 'response.over':
    case 'item.started':
      state.hasAnswer = true;
      return undefined;
    case 'item.completed':
      if (signal.item.type !== 'error') state.hasAnswer = true;
      return signal.item.type === 'agent_message' || signal.item.type === 'reasoning'
        ? delta(state, signal.item.type, signal.item.text, true)
        : undefined;
    case 'item.piece':
      state.hasAnswer = true;
      return delta(state, signal.item, signal.text, signal.first);
    case 'turn.completed':
      state.usage = turnUsage(
        totalUsage(signal.usage),
        state.threadId === before.threadId ? before.total : undefined,
      );
      return undefined;
    case 'turn.failed':
      state.failure = signal.error;
      return undefined;
    case 'error':
      state.lastError = signal.message;
      return undefined;
    case 'exited':
      return terminalEvent(state, signal, {
        now: asyncScheduler.now(),
        timeZone: before.timeZone,
      });
    case 'turn.started':
    case 'item.updated':
    case 'rollout.grew':
    case 'alive':
    case 'malformed':
    case 'unrecognised':
      return undefined;
  }
};

const delta = (
  state: TurnState,
  item: TextPiece['item'],
  text: string,
  isFirst: boolean,
): TurnEvent | undefined => {
  if (text === '') return undefined;
  if (item === 'agent_message') {
    const isLater = state.hasText && isFirst;
    state.hasText = true;
    return { type: 'text_delta', text: separate(isLater, text) };
  }
  const isLater = state.hasThinking && isFirst;
  state.hasThinking = true;
  return { type: 'thinking_delta', text: separate(isLater, text) };
};

const separate = (isLater: boolean, text: string): string => (isLater ? `\n\n${text}` : text);
