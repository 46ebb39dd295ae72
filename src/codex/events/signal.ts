import type { CodexExited } from '../run.js';
import type { Decoded } from './decode-event.js';

/** A piece of a message or reasoning item, from a transport that streams text. */
export interface TextPiece {
  readonly type: 'item.piece';
  readonly item: 'agent_message' | 'reasoning';
  readonly text: string;
  /** Whether it is the first piece of its item. */
  readonly first: boolean;
}

/** The rollout may have new records of this turn, from a transport that reports it. */
export interface RolloutGrew {
  readonly type: 'rollout.grew';
  /** Number of texts that were emitted; see `isStreamedText`. Records after these are not due. */
  readonly completed: number;
}

/**
 * The model waits for the outputs of its calls and emits nothing before, from a transport that
 * reports it.
 */
export interface ResponseOver {
  readonly type: 'response.over';
}

/** codex works on the turn, and has said something that is no event. */
export interface Alive {
  readonly type: 'alive';
}

/** A hook blocked an action or stopped the turn, from a transport that reports hooks. */
export interface HookStopped {
  readonly type: 'hook.stopped';
  /** `UserPromptSubmit`, for example. */
  readonly event: string;
  /** The file that configures the hook. */
  readonly source: string;
  /** The hook's own words; empty without any. */
  readonly reason: string;
}

/** The signals of a transport: `(decoded | piece | grew | over | alive | stopped)*  exited`. */
export type CodexSignal =
  | Decoded
  | TextPiece
  | RolloutGrew
  | ResponseOver
  | Alive
  | HookStopped
  | CodexExited;

/** Whether the signal completes a message or a reasoning item. */
export const isCompletedText = (signal: CodexSignal): boolean =>
  signal.type === 'item.completed' &&
  (signal.item.type === 'agent_message' || signal.item.type === 'reasoning');

/**
 * Whether the signal completes a text that the host gets: a message, or reasoning with a summary.
 * Reasoning without one is an item of the app-server only, and has no text.
 */
export const isStreamedText = (signal: CodexSignal): boolean => {
  if (signal.type !== 'item.completed') return false;
  const { item } = signal;
  if (item.type === 'agent_message') return true;
  return item.type === 'reasoning' && (item.streamed ?? item.text).trim() !== '';
};
