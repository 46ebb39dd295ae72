import {
  catchError,
  concat,
  defer,
  EMPTY,
  finalize,
  identity,
  ignoreElements,
  type MonoTypeOperatorFunction,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  shareReplay,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import type { OnNotice } from '../../canonical/notice.js';
import { inBackground, type RunInBackground } from '../../process/own-process.js';
import type { Cancel, Exited } from '../../process/run.js';
import type { CodexSignal } from '../events/signal.js';
import type { AppServer } from './app-server.js';
import { cleanThread } from './clean-thread.js';
import { openThread } from './open-thread.js';
import { AppServerError } from './rpc.js';
import { type AppTurnPlan, turnOnThread } from './turn-on-thread.js';

/**
 * One turn on a thread of the app-server, as the signals of `codex exec`.
 *
 * ```
 * app-server  (thread/resume) (turn/start)--S--a-a-A-C         S turn/started  a delta  A message  C turn/completed
 * emits       T-----------------------------S--p-p-A-(Cx)      T thread.started  p a piece  C turn.completed  x exited
 *
 * cancel$     --------------------------------c
 * app-server  ----------------------------S--a-(turn/interrupt)--I      I turn/completed, interrupted
 * emits       T---------------------------S--p-------------------(x|)   x exited, cancelled
 * ```
 *
 * `exited` comes when no command of the thread is alive any more, and last. A turn that is not over
 * `graceMs` after its cancel costs the app-server; while the host does not read nobody can know,
 * and only a shutdown counts. One that goes ends its turns with its exit. A cancel before the
 * thread is open waits for nothing. What it refuses is `turn.failed`. Does not fail. Unsubscribe
 * interrupts the turn, see `turnOnThread`, and does not stop the end of its commands: `runInBackground` gets
 * both. `onNotice` is told what happens. `fileOf` tells the state of a thread's rollout.
 */
export const appTurn = (
  server: AppServer,
  plan: AppTurnPlan,
  cancel$: Observable<Cancel>,
  fileOf: (threadId: string) => string | undefined,
  {
    runInBackground = inBackground,
    onNotice,
  }: { readonly runInBackground?: RunInBackground; readonly onNotice?: OnNotice | undefined } = {},
): Observable<CodexSignal> =>
  defer(() => {
    const turn: Turn = { gone: { code: 0, signal: null, stderr: '' }, over: false, left: false };
    const asked$ = new ReplaySubject<Cancel>(1);
    const use = (busy: boolean): void => {
      const threadId = turn.threadId ?? plan.threadId;
      if (threadId !== undefined) server.threads.use({ threadId, busy });
    };
    // The thread is held until that is done.
    const left: RunInBackground = (work$) => {
      turn.left = true;
      use(true);
      runInBackground(work$.pipe(finalize(() => use(false))));
    };
    const asking$ = cancel$.pipe(
      tap((cancel) => {
        if (turn.cancelled !== undefined) return;
        turn.cancelled = cancel;
        // What does not even open a thread in all that time is stuck, for everybody.
        if (cancel.reason === 'deadline' && turn.threadId === undefined) server.kill();
        else asked$.next(cancel);
      }),
      // Not only the first: the shutdown may give less time.
      mergeMap(({ graceMs, reason }) =>
        server.ready$.pipe(
          switchMap((ready) => (ready || reason === 'shutdown' ? timer(graceMs) : NEVER)),
        ),
      ),
      take(1),
      tap(server.kill),
      ignoreElements(),
    );
    const open$ = openThread(server, plan, fileOf).pipe(takeUntil(asked$));
    const turn$ = open$.pipe(
      mergeMap((threadId) => {
        turn.threadId = threadId;
        use(true);
        return concat(
          of<CodexSignal>({ type: 'thread.started', thread_id: threadId }),
          turnOnThread(server, threadId, plan, asked$, left),
        );
      }),
      catchError((error: unknown) => {
        if (!(error instanceof AppServerError)) throw error;
        return of<CodexSignal>({ type: 'turn.failed', error: { message: error.message } });
      }),
      tap(({ type }) => {
        turn.over ||= type === 'turn.completed' || type === 'turn.failed';
      }),
    );
    const gone$ = server.gone$.pipe(
      tap((how) => {
        turn.gone = how;
      }),
    );
    use(true);
    return concat(
      merge(asking$, concat(turn$, of('over' as const))).pipe(
        takeWhile((signal) => signal !== 'over'),
        takeUntil(gone$),
      ),
      defer(() => {
        if (turn.threadId === undefined) return EMPTY;
        // It goes on when it is unsubscribed: nobody else would end what is left.
        const cleaned$ = cleanThread(server, turn.threadId).pipe(
          shareReplay({ bufferSize: 1, refCount: false }),
        );
        left(cleaned$);
        return cleaned$;
      }),
      defer(() => {
        const loaded = turn.threadId === undefined ? undefined : server.threads.get(turn.threadId);
        if (turn.threadId !== undefined && loaded !== undefined)
          loaded.file = fileOf(turn.threadId);
        return of(exitOf(turn));
      }),
    ).pipe(
      toldBy(onNotice),
      finalize(() => {
        if (!turn.left) use(false);
      }),
    );
  });

interface Turn {
  threadId?: string;
  cancelled?: Cancel;
  gone: Pick<Exited, 'code' | 'signal' | 'stderr'>;
  /** Whether its end was said. */
  over: boolean;
  /** Whether something of it is worked off that does not end with its subscription. */
  left: boolean;
}

/** The end of the turn as that of a process: the app-server's own when it went, else 0. */
const exitOf = ({ gone, over, cancelled }: Turn): Exited => ({
  type: 'exited',
  isCodex: true,
  ...gone,
  ...(gone.code === 0 && !over && cancelled === undefined
    ? { stderr: 'Error: the turn was interrupted' }
    : {}),
  ...(cancelled === undefined ? {} : { cancelled }),
});

const isLiveOnly = ({ type }: CodexSignal): boolean =>
  type === 'item.piece' || type === 'rollout.grew' || type === 'response.over';

/** What of it stands in the record of the turn; the pieces stand there as events. */
const toldBy = (onNotice: OnNotice | undefined): MonoTypeOperatorFunction<CodexSignal> =>
  onNotice === undefined
    ? identity
    : tap((signal) => {
        if (signal.type === 'exited')
          onNotice({ exited: { code: signal.code, signal: signal.signal } });
        else if (!isLiveOnly(signal)) onNotice({ raw: signal });
      });
