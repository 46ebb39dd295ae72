import {
  catchError,
  concat,
  defer,
  finalize,
  identity,
  ignoreElements,
  type MonoTypeOperatorFunction,
  merge,
  type Observable,
  of,
  ReplaySubject,
  shareReplay,
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
  nextAppTurn,
  OPENING,
  threadOf,
} from './app-turn-state.js';
import { endAppTurn } from './end-app-turn.js';
import { graceExpiry } from './grace-expiry.js';
import { noteSignals } from './note-signals.js';
import type { RolloutStates } from './open-thread.js';
import { openTurn } from './open-turn.js';
import { AppServerError, UnansweredError } from './rpc.js';
import { noteOpenFile } from './thread-file.js';
import { holdThreads } from './threads.js';
import type { AppTurnPlan } from './turn-on-thread.js';

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
  { runInBackground, onStuck, onNotice, ...states }: AppTurnOptions,
): Observable<CodexSignal> =>
  defer(() => {
    let turn: AppTurnState = OPENING;
    const apply = (event: AppTurnEvent): void => {
      turn = nextAppTurn(turn, event);
    };
    const { hold, backgroundOf, release } = holdThreads(server.threads, runInBackground);
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
    const signals$ = openTurn(server, plan, cancelled$.pipe(take(1)), {
      ...states,
      onOpened: (threadId) => {
        apply({ type: 'opened', threadId });
        hold(threadId);
      },
      onAccepted: () => accepted$.next(true),
      backgroundOf,
    }).pipe(
      failOnRefusal(onStuck),
      tap((signal) => {
        if (signal.type === 'rollout.grew')
          noteOpenFile(server.threads, threadOf(turn), states.fileOf);
        apply({ type: 'emitted', signal });
      }),
    );
    const exited$ = server.exited$.pipe(tap((exit) => apply({ type: 'exited', exit })));
    if (plan.threadId !== undefined) hold(plan.threadId);
    return concat(
      during(merge(kill$, of(plan)), () => signals$).pipe(takeUntil(exited$)),
      defer(() => endAppTurn(server, turn, { ...states, backgroundOf })),
    ).pipe(onNotice === undefined ? identity : noteSignals(onNotice), finalize(release));
  });

/** A refusal of codex as the failure of the turn; any other error stays one. */
const failOnRefusal = (onStuck?: () => void): MonoTypeOperatorFunction<CodexSignal> =>
  catchError((error: unknown) => {
    if (!(error instanceof AppServerError)) throw error;
    if (error instanceof UnansweredError) onStuck?.();
    return of<CodexSignal>({ type: 'turn.failed', error: { message: error.message } });
  });
