import { mergeMap, type Observable, startWith, takeUntil } from 'rxjs';
import type { RunInBackground } from '../../process/background-work.js';
import type { CodexSignal } from '../events/signal.js';
import type { AppServer } from './app-server.js';
import { giveOpening } from './give-opening.js';
import { openThread, type RolloutStates } from './open-thread.js';
import { type AppTurnPlan, turnOnThread } from './turn-on-thread.js';

interface OpenTurnOptions extends RolloutStates {
  /** Called when the thread is open, before it is emitted. */
  readonly onOpened: (threadId: string) => void;
  /** Called when codex has accepted the turn. */
  readonly onAccepted: () => void;
  /** The owner of the work that the turn leaves to its thread. */
  readonly backgroundOf: (threadId: string) => RunInBackground;
}

/**
 * Opens the thread of a turn, and runs the turn on it.
 *
 * Emits `thread.started` when the thread is open and has its opening, then the signals of the turn,
 * and completes with its end. Completes without a turn when `cancelled$` emits first; interrupts
 * the turn when it emits later. Fails as `openThread`, `giveOpening` and `turnOnThread` do.
 * Unsubscribe unsubscribes from the one that runs.
 */
export const openTurn = (
  server: AppServer,
  plan: AppTurnPlan,
  cancelled$: Observable<unknown>,
  { onOpened, onAccepted, backgroundOf, ...states }: OpenTurnOptions,
): Observable<CodexSignal> => {
  const threadId$ = openThread(server, plan, states).pipe(takeUntil(cancelled$));
  return threadId$.pipe(
    mergeMap((threadId) => {
      onOpened(threadId);
      const options = { runInBackground: backgroundOf(threadId), onAccepted };
      const turn$ = (prompt: string): Observable<CodexSignal> =>
        turnOnThread(server, threadId, { ...plan, prompt }, cancelled$, options).pipe(
          startWith({ type: 'thread.started', thread_id: threadId } as const),
        );
      const prompt$ = giveOpening(server, threadId, plan).pipe(takeUntil(cancelled$));
      return prompt$.pipe(mergeMap(turn$));
    }),
  );
};
