import type { Exited } from '../../process/run.js';
import type { Decoded } from './decode-event.js';

/** A piece of a message or of reasoning, from a transport that has them before their end. */
export interface TextPiece {
  readonly type: 'item.piece';
  readonly item: 'agent_message' | 'reasoning';
  readonly text: string;
  /** Whether a message begins with it. */
  readonly first: boolean;
}

/**
 * The rollout may hold more of this turn than before: from a transport that can tell while the turn
 * runs.
 */
export interface RolloutGrew {
  readonly type: 'rollout.grew';
  /**
   * How many messages and reasoning items of the turn were said whole: what the rollout holds
   * behind them is not due yet.
   */
  readonly said: number;
}

/**
 * The model has said and called all that it will before it has the outputs: from a transport that
 * tells.
 */
export interface ResponseOver {
  readonly type: 'response.over';
}

/** What a transport of codex emits: `(decoded | piece | grew | over)*  exited`. */
export type CodexSignal = Decoded | TextPiece | RolloutGrew | ResponseOver | Exited;

/** Whether a message or reasoning item was said whole. */
export const isSaid = (signal: CodexSignal): boolean =>
  signal.type === 'item.completed' &&
  (signal.item.type === 'agent_message' || signal.item.type === 'reasoning');
