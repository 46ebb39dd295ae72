import { asyncScheduler } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';

/** The signals that mean more to the deadlines than that codex is alive. */
const MATTERS: ReadonlySet<CodexSignal['type']> = new Set([
  'thread.started',
  'turn.completed',
  'turn.failed',
  'error',
  'rollout.grew',
]);

/**
 * Creates a function that decides for each signal of a turn whether the deadlines need it. A chunk
 * of codex holds many signals that only show that codex is alive: of these the first one is enough,
 * until the event loop goes on to the next chunk.
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
