import * as t from 'io-ts';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  identity,
  ignoreElements,
  merge,
  mergeMap,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  retry,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import type { CodexSignal } from '../events/to-canonical.js';
import type { Cancel, Exited } from '../exec/codex-run.js';
import type { Tell } from '../../record/told.js';
import { sweep } from '../exec/process-tree.js';
import type { AppServer } from './app-server.js';
import { type Notification, turnOf } from './notification.js';
import { openThread, THREAD_MARKER, type ThreadPlan } from './open-thread.js';
import { AppServerError } from './rpc.js';
import { toSignals } from './to-signals.js';

export interface AppTurnPlan extends ThreadPlan {
  readonly prompt: string;
  /** Paths. */
  readonly images: readonly string[];
}

const Started = t.type({ turn: t.type({ id: t.string }) });

/** Milliseconds between two tries to interrupt: one that comes before the turn has begun is refused (facts/codex-app-server.md §1). */
const INTERRUPT_AGAIN_MS = 20;

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
 * `exited` comes when no command of the thread is alive any more, and last. A turn that is not over `graceMs` after its cancel costs the app-server. One that goes ends its turns with its exit. What it
 * refuses is `turn.failed`. Does not fail. Unsubscribe interrupts the turn. `tell` is told what happens.
 */
export const appTurn = (
  server: AppServer,
  plan: AppTurnPlan,
  cancel$: Observable<Cancel>,
  fileOf: (threadId: string) => string | undefined,
  tell?: Tell,
): Observable<CodexSignal> =>
  defer(() => {
    let threadId: string | undefined;
    let cancelled: Cancel | undefined;
    let gone: Pick<Exited, 'code' | 'signal' | 'stderr'> = { code: 0, signal: null, stderr: '' };
    let over = false;
    const turn$ = openThread(server, plan, fileOf).pipe(
      mergeMap((id) => {
        threadId = id;
        return concat(of<CodexSignal>({ type: 'thread.started', thread_id: id }), onThread(server, id, plan, cancelled$()));
      }),
      catchError((error: unknown) => {
        if (!(error instanceof AppServerError)) throw error;
        return of<CodexSignal>({ type: 'turn.failed', error: { message: error.message } });
      }),
      tap((signal) => {
        over ||= signal.type === 'turn.completed' || signal.type === 'turn.failed';
      }),
    );
    const asked$ = new ReplaySubject<Cancel>(1);
    const cancelled$ = (): Observable<Cancel> => asked$;
    const asking$ = cancel$.pipe(
      take(1),
      tap((cancel) => {
        cancelled = cancel;
        asked$.next(cancel);
      }),
      switchMap(({ graceMs }) => timer(graceMs)),
      tap(server.kill),
      ignoreElements(),
    );
    const gone$ = server.gone$.pipe(
      tap((how) => {
        gone = how;
      }),
    );
    const exited = (): Exited => ({
      type: 'exited',
      ...gone,
      ...(gone.code === 0 && !over && cancelled === undefined ? { stderr: 'Error: the turn was interrupted' } : {}),
      ...(cancelled === undefined ? {} : { cancelled }),
    });
    const swept$ = defer(() => (threadId === undefined ? EMPTY : cleaned(server, threadId)));
    return concat(
      merge(concat(turn$, of('over' as const)), asking$).pipe(
        takeWhile((signal) => signal !== 'over'),
        takeUntil(gone$),
      ),
      swept$,
      defer(() => {
        const loaded = threadId === undefined ? undefined : server.threads.get(threadId);
        if (threadId !== undefined && loaded !== undefined) loaded.file = fileOf(threadId);
        return of(exited());
      }),
    ).pipe(toldBy(tell));
  });

/** What of it stands in the record of the turn; the pieces stand there as events. */
const toldBy = (tell: Tell | undefined): MonoTypeOperatorFunction<CodexSignal> =>
  tell === undefined
    ? identity
    : tap((signal) => {
        if (signal.type === 'exited') tell({ exited: { code: signal.code, signal: signal.signal } });
        else if (signal.type !== 'item.piece') tell({ raw: signal });
      });

/** From `turn/start` to `turn/completed`. */
const onThread = (server: AppServer, threadId: string, plan: AppTurnPlan, cancelled$: Observable<Cancel>): Observable<CodexSignal> =>
  defer(() => {
    const { prompt, images, model, cwd } = plan;
    let turnId: string | undefined;
    let begun = false;
    const own$ = server.notification$.pipe(filter((notification) => notification.params.threadId === threadId));
    const input = [{ type: 'text', text: prompt }, ...images.map((path) => ({ type: 'localImage', path }))];
    const started$ = server.request$('turn/start', { threadId, input, cwd, ...(model === undefined ? {} : { model }) }).pipe(
      tap((result) => {
        if (!Started.is(result)) throw new AppServerError('codex app-server began a turn without an id');
        turnId = result.turn.id;
      }),
      ignoreElements(),
    );
    const interrupt$ = cancelled$.pipe(
      mergeMap(() => defer(() => server.request$('turn/interrupt', { threadId, turnId: turnId ?? '' })).pipe(retry({ delay: INTERRUPT_AGAIN_MS }))),
      takeUntil(server.gone$),
      ignoreElements(),
    );
    const isOurs = (notification: Notification): boolean => {
      if (notification.method === 'turn/started') begun = true;
      // The answer to `turn/start` comes before anything of the turn (measured on both versions).
      return begun && turnOf(notification) === turnId;
    };
    let over = false;
    const interrupted = (): void => {
      if (turnId !== undefined && !over) server.request$('turn/interrupt', { threadId, turnId }).subscribe({ error: () => undefined });
    };
    const turn$ = concat(
      own$.pipe(
        filter(isOurs),
        tap(({ method }) => {
          over = method === 'turn/completed';
        }),
        takeWhile(() => !over, true),
        toSignals(),
      ),
      // Without its end the app-server is going: that is told by `gone$`.
      defer(() => (over ? of('end' as const) : NEVER)),
    );
    return merge(turn$, started$, interrupt$).pipe(
      takeWhile((signal) => signal !== 'end'),
      tap({ unsubscribe: interrupted }),
    );
  });

/** Ends what the turn has left running: the background terminals that codex knows, and whoever carries the marker of the thread. */
const cleaned = (server: AppServer, threadId: string): Observable<never> =>
  concat(
    server.request$('thread/backgroundTerminals/clean', { threadId }).pipe(
      catchError(() => EMPTY),
      takeUntil(timer(CLEAN_MS)),
      ignoreElements(),
    ),
    defer(() => {
      const marker = server.threads.get(threadId)?.marker;
      return marker === undefined
        ? EMPTY
        : sweep({ pid: -1, startTime: server.root.startTime, marker: `${THREAD_MARKER}=${marker}`, seen: new Map() });
    }),
  );

/** Milliseconds that codex may take to end its background terminals; then they are killed. */
const CLEAN_MS = 1_000;
