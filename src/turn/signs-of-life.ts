import { asyncScheduler } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';

/** The signals that are more than a sign of life. */
const MATTERS: ReadonlySet<CodexSignal['type']> = new Set([
  'thread.started',
  'turn.completed',
  'turn.failed',
  'error',
  'rollout.grew',
]);

/**
 * A function that says of each signal of a turn whether the deadlines have to hear of it: a chunk
 * of codex holds many signals, and of those that only show life the first one is enough. It forgets
 * that as soon as the chunk is through.
 */
export const createSignsOfLife = (): ((signal: CodexSignal) => boolean) => {
  let isAlive = false;
  return ({ type }) => {
    if (MATTERS.has(type)) return true;
    if (isAlive) return false;
    isAlive = true;
    asyncScheduler.schedule(() => {
      isAlive = false;
    });
    return true;
  };
};
