import type { TurnTrace } from '../codex/events/silent-end.js';

/** Who hears of the records of a turn. */
export interface ReadingListeners {
  /**
   * Called when tool events were read, with the number of calls that the model waits for, and when
   * that number has changed: it is 0 while the rollout cannot be read.
   */
  readonly onCalls?: ((running: number) => void) | undefined;
  /** Called with codex's own id of the turn. */
  readonly onTurnId?: ((turnId: string) => void) | undefined;
  /** Called before the terminal event with what the records show of the turn. */
  readonly onTrace?: ((trace: TurnTrace) => void) | undefined;
}
