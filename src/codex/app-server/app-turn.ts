import {
  catchError,
  concat,
  defer,
  finalize,
  identity,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  Subscription,
  shareReplay,
  startWith,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import type { OnNotice } from '../../canonical/notice.js';
import type { RunInBackground } from '../../process/background-work.js';
import type { Cancel } from '../../process/run.js';
import { during } from '../../streams/during.js';
import type { CodexSignal } from '../events/signal.js';
import type { AppServer } from './app-server.js';
import {
  type AppTurnEvent,
  type AppTurnState,
  exitOf,
  isNormalEnd,
  nextAppTurn,
  OPENING,
  threadOf,
} from './app-turn-state.js';
import { cleanThread } from './clean-thread.js';
import { giveOpening } from './give-opening.js';
import { graceExpiry } from './grace-expiry.js';
import { noteSignals } from './note-signals.js';
import { openThread, type RolloutStates } from './open-thread.js';
import { AppServerError, UnansweredError } from './rpc.js';
import { noteOpenFile, noteTurnEnd } from './thread-file.js';
import { type AppTurnPlan, turnOnThread } from './turn-on-thread.js';

export interface AppTurnOptions extends RolloutStates {
  /** Owns the work that outlives the turn. */
  readonly runInBackground: RunInBackground;
  /** Called when codex has not answered in time: later turns need an app-server of their own. */
  readonly onStuck?: (() => void) | undefined;
  /** Receives the signals that belong into the record of the turn. */
  readonly onNotice?: OnNotice | undefined;
}

/**
 * Runs one turn on a thread of the app-server.
 *
 * ```
 * app-server  -o-S--a-a-A-C       o the thread is open  S turn/started  a a delta  A a message
 * emits       -T-S--p-p-A-(Cx|)   T thread.started  p a piece  C turn.completed  x exited
 *
 * cancel$     -------c
 * app-server  -o-S--a----I        I turn/completed, interrupted by turn/interrupt
 * emits       -T-S--p----(x|)     x exited, cancelled
 * ```
 *
 * Emits the signals of `codex exec`; a refusal of codex is `turn.failed`. `exited` is last: no
 * command of the thread is alive then. It carries the exit of the app-server if that ended the
 * turn. Does not fail. A cancel before the thread is open completes at once. A codex that has not
 * answered in time ends this turn alone. If a turn that codex has accepted is still running
 * `graceMs` after a cancel, the app-server is killed; see `graceExpiry`. Unsubscribe hands the
 * interrupt of the turn and the end of its commands to `runInBackground`. The thread is held until
 * the last of that work is done.
 */
export const appTurn = (
  server: AppServer,
  plan: AppTurnPlan,
  cancel$: Observable<Cancel>,
  { fileOf, changeOf, runInBackground, onStuck, onNotice }: AppTurnOptions,
): Observable<CodexSignal> =>
  defer(() => {
    let turn: AppTurnState = OPENING;
    const apply = (event: AppTurnEvent): void => {
      turn = nextAppTurn(turn, event);
    };
    const holds = new Subscription();
    const leaveOf =
      (threadId: string): RunInBackground =>
      (work$) => {
        runInBackground(work$.pipe(finalize(server.threads.hold(threadId))));
      };
    const cancelled$ = cancel$.pipe(
      tap((cancel) => {
        if (cancel.reason === 'deadline' && turn.phase === 'opening') onStuck?.();
        apply({ type: 'cancelled', cancel });
      }),
      shareReplay({ bufferSize: 1, refCount: true }),
    );
    const accepted$ = new ReplaySubject<true>(1);
    const kill$ = cancelled$.pipe(
      graceExpiry(server.ready$, accepted$),
      tap(server.kill),
      ignoreElements(),
    );
    const first$ = cancelled$.pipe(take(1));
    const threadId$ = openThread(server, plan, { fileOf, changeOf }).pipe(takeUntil(first$));
    const signals$ = threadId$.pipe(
      mergeMap((threadId) => {
        apply({ type: 'opened', threadId });
        holds.add(server.threads.hold(threadId));
        const turn$ = (prompt: string): Observable<CodexSignal> =>
          turnOnThread(server, threadId, { ...plan, prompt }, first$, leaveOf(threadId), () =>
            accepted$.next(true),
          ).pipe(startWith({ type: 'thread.started', thread_id: threadId } as const));
        const prompt$ = giveOpening(server, threadId, plan).pipe(takeUntil(first$));
        return prompt$.pipe(mergeMap(turn$));
      }),
      catchError((error: unknown) => {
        if (!(error instanceof AppServerError)) throw error;
        if (error instanceof UnansweredError) onStuck?.();
        return of<CodexSignal>({ type: 'turn.failed', error: { message: error.message } });
      }),
      tap((signal) => {
        if (signal.type === 'rollout.grew') noteOpenFile(server.threads, threadOf(turn), fileOf);
        apply({ type: 'emitted', signal });
      }),
    );
    const end$ = defer(() => {
      const threadId = threadOf(turn);
      if (threadId === undefined) return of(exitOf(turn));
      // Continues after an unsubscribe, to end the commands.
      const cleaned$ = cleanThread(server, threadId, isNormalEnd(turn)).pipe(
        shareReplay({ bufferSize: 1, refCount: true }),
      );
      leaveOf(threadId)(cleaned$);
      const exit$ = defer(() => {
        noteTurnEnd(server.threads, threadId, fileOf, !isNormalEnd(turn));
        return of(exitOf(turn));
      });
      return concat(cleaned$, exit$);
    });
    if (plan.threadId !== undefined) holds.add(server.threads.hold(plan.threadId));
    return concat(
      during(merge(kill$, of(plan)), () => signals$).pipe(
        takeUntil(server.exited$.pipe(tap((exit) => apply({ type: 'exited', exit })))),
      ),
      end$,
    ).pipe(
      onNotice === undefined ? identity : noteSignals(onNotice),
      finalize(() => holds.unsubscribe()),
    );
  });
