import { concat, defer, type Observable, of, shareReplay } from 'rxjs';
import type { RunInBackground } from '../../process/background-work.js';
import type { CodexExited } from '../run.js';
import type { AppServer } from './app-server.js';
import { type AppTurnState, exitOf, isNormalEnd, threadOf } from './app-turn-state.js';
import { cleanThread } from './clean-thread.js';
import type { RolloutStates } from './open-thread.js';
import { noteTurnEnd } from './thread-file.js';

interface EndOptions extends Pick<RolloutStates, 'fileOf'> {
  /** The owner of the work that the turn leaves to its thread. */
  readonly backgroundOf: (threadId: string) => RunInBackground;
}

/**
 * Ends a turn that is over: ends the commands of its thread, then notes the state of the rollout.
 *
 * Emits `exited` when no command of the thread is alive, at once without a thread, and completes.
 * Does not fail. After an unsubscribe the commands are ended in the background.
 */
export const endAppTurn = (
  server: AppServer,
  turn: AppTurnState,
  { fileOf, backgroundOf }: EndOptions,
): Observable<CodexExited> =>
  defer(() => {
    const exit = exitOf(turn);
    const threadId = threadOf(turn);
    if (threadId === undefined) return of(exit);
    const cleaned$ = cleanThread(server, threadId, isNormalEnd(turn)).pipe(
      shareReplay({ bufferSize: 1, refCount: true }),
    );
    backgroundOf(threadId)(cleaned$);
    const exit$ = defer(() => {
      noteTurnEnd(server.threads, threadId, fileOf, !isNormalEnd(turn));
      return of(exit);
    });
    return concat(cleaned$, exit$);
  });
