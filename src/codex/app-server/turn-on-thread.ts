import {
  concat,
  defer,
  EMPTY,
  ignoreElements,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subscription,
  shareReplay,
  takeWhile,
  tap,
  using,
} from 'rxjs';
import type { RunInBackground } from '../../process/background-work.js';
import { during } from '../../streams/during.js';
import { emitEach } from '../../streams/emit-each.js';
import type { CodexSignal } from '../events/signal.js';
import { signalGrowth } from '../events/signal-growth.js';
import type { Opening } from '../opening.js';
import type { AppServer } from './app-server.js';
import { abandonTurn, interruptLate, interruptTurn } from './interrupt-turn.js';
import { lostEnd$ } from './lost-end.js';
import type { ServerNotification } from './notification.js';
import type { ThreadPlan } from './open-thread.js';
import { answerInTime, UnansweredError } from './rpc.js';
import { startTurn, type TurnInput } from './start-turn.js';
import {
  isOfTurn,
  nextThreadTurn,
  REQUESTED,
  type ThreadTurn,
  type ThreadTurnEvent,
} from './thread-turn.js';
import { toSignals } from './to-signals.js';

export type AppTurnPlan = ThreadPlan & TurnInput & Opening;

interface ThreadTurnOptions {
  /** The owner of the work that the turn leaves to its thread. */
  readonly runInBackground: RunInBackground;
  /** Called when codex has accepted the turn. */
  readonly onAccepted?: () => void;
}

/**
 * Runs a turn on an open thread, from `turn/start` to `turn/completed`.
 *
 * Emits the signals of the turn and completes with its end; does not complete when the app-server
 * exits before that. Each `cancelled$` interrupts the turn. Fails with `AppServerError` when codex
 * refuses the turn, or when its end was lost with a line that could not be read; with
 * `UnansweredError` when codex does not answer, and interrupts the turn if codex begins it later.
 * Unsubscribe hands the interrupt of the turn and the end of its commands to `runInBackground`; see
 * `abandonTurn`.
 */
export const turnOnThread = (
  server: AppServer,
  threadId: string,
  plan: AppTurnPlan,
  cancelled$: Observable<unknown>,
  { runInBackground, onAccepted }: ThreadTurnOptions,
): Observable<CodexSignal> =>
  defer(() => {
    let turn: ThreadTurn = REQUESTED;
    const apply = (event: ThreadTurnEvent): void => {
      turn = nextThreadTurn(turn, event);
    };
    // The request outlives its subscription: an abandoned turn is interrupted by its id.
    const turnId$ = startTurn(server, threadId, plan).pipe(
      tap((turnId) => {
        apply({ type: 'accepted', turnId });
        onAccepted?.();
      }),
      shareReplay({ bufferSize: 1, refCount: false }),
    );
    const signals$ = concat(
      server.notification$.pipe(
        // One layer: each turn gets the notifications of all threads.
        emitEach<ServerNotification, ServerNotification>((each, subscriber) => {
          const notification = ofThread(server, threadId, each);
          if (notification === undefined) return;
          apply({ type: 'notified', notification });
          if (isOfTurn(turn, notification)) subscriber.next(notification);
        }),
        takeWhile(({ method }) => method !== 'turn/completed', true),
        toSignals(),
        signalGrowth({ inPieces: true, ready$: server.ready$ }),
      ),
      // Notifications that stop before the end of the turn: the app-server is about to exit.
      defer(() => (turn.phase === 'over' ? EMPTY : NEVER)),
    );
    const abandon = (): void => {
      if (turn.phase !== 'over') runInBackground(abandonTurn(server, threadId, turnId$));
    };
    return using(
      () => new Subscription(abandon),
      () =>
        // The signals are subscribed before the request is sent.
        during(
          merge(
            of(plan),
            lostEnd$(server, threadId),
            turnId$.pipe(answerInTime('turn/start', server.ready$), ignoreElements()),
            cancelled$.pipe(mergeMap(() => interruptTurn(server, threadId, turnId$))),
          ),
          () => signals$,
        ).pipe(
          tap({
            error: (error: unknown) => {
              apply({ type: 'failed' });
              if (error instanceof UnansweredError) interruptLate(server, threadId, turnId$);
            },
          }),
        ),
    );
  });

/** What a notification says about a thread: what an agent does is a sign of life of its caller. */
const ofThread = (
  { isAgentOf }: AppServer,
  threadId: string,
  notification: ServerNotification,
): ServerNotification | undefined => {
  const { threadId: id } = notification.params;
  if (id === threadId) return notification;
  return isAgentOf(threadId, id) ? { method: 'alive', params: { threadId } } : undefined;
};
