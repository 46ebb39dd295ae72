import * as t from 'io-ts';
import {
  catchError,
  combineLatest,
  concat,
  defer,
  delay,
  EMPTY,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  retry,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import type { RunInBackground } from '../../process/own-process.js';
import type { CodexSignal } from '../events/signal.js';
import type { AppServer } from './app-server.js';
import { cleanThread, lookAtThread } from './clean-thread.js';
import { type ServerNotification, turnOf } from './notification.js';
import type { ThreadPlan } from './open-thread.js';
import { AppServerError, sent } from './rpc.js';
import { tellGrowth } from './tell-growth.js';
import { toSignals } from './to-signals.js';

export interface AppTurnPlan extends ThreadPlan {
  readonly prompt: string;
  /** Paths. */
  readonly images: readonly string[];
}

const Started = t.type({ turn: t.type({ id: t.string }) });

/**
 * Milliseconds between two tries to interrupt: one that comes before the turn has begun is refused
 * (facts/codex-app-server.md §1).
 */
const INTERRUPT_AGAIN_MS = 20;
/**
 * Milliseconds that a turn has to end when nobody waits for it any more: the next one of its thread
 * does.
 */
const ABANDONED_MS = 5_000;
/**
 * Milliseconds after which the end of a turn will not come any more when its thread is idle; they
 * come together.
 */
const LOST_END_MS = 1_000;

/**
 * A turn on an open thread, from `turn/start` to `turn/completed`.
 *
 * Emits its signals and completes with its end; waits for ever when the app-server goes before
 * that. `cancelled$` interrupts it. Fails with `AppServerError` when it is refused, and when its
 * end was lost with a line that could not be read. Unsubscribe waits for nothing: the turn is
 * interrupted as soon as it can be, and its commands are ended; `runInBackground` gets that work. A turn
 * that is not interrupted in 5 s then costs the app-server.
 */
export const turnOnThread = (
  server: AppServer,
  threadId: string,
  plan: AppTurnPlan,
  cancelled$: Observable<unknown>,
  runInBackground: RunInBackground,
): Observable<CodexSignal> =>
  defer(() => {
    const { prompt, images, model } = plan;
    const loaded = server.threads.get(threadId);
    const turn = { id: '', begun: false, over: false };
    const own$ = server.notification$.pipe(
      filter((notification) => notification.params.threadId === threadId),
    );
    const isOurs = (notification: ServerNotification): boolean => {
      if (notification.method === 'turn/started') turn.begun = true;
      // The answer to `turn/start` comes before anything of the turn (measured on both versions).
      return turn.begun && (turnOf(notification) ?? turn.id) === turn.id;
    };
    const signals$ = concat(
      own$.pipe(
        filter(isOurs),
        tap(({ method }) => {
          turn.over = method === 'turn/completed';
        }),
        takeWhile(({ method }) => method !== 'turn/completed', true),
        toSignals(),
        tellGrowth(),
      ),
      // Without its end the app-server is going: that is told by `gone$`.
      defer(() => (turn.over ? of('end' as const) : NEVER)),
    );
    const lost$ = combineLatest([
      server.lost$,
      server.idle$.pipe(filter((idle) => idle === threadId)),
    ]).pipe(
      take(1),
      delay(LOST_END_MS),
      map(([reason]): never => {
        turn.over = true;
        throw new AppServerError(reason);
      }),
    );
    const started$ = defer(() => {
      const input = [
        { type: 'text', text: prompt },
        ...images.map((path) => ({ type: 'localImage', path })),
      ];
      const answer$ = sent(
        server.request$('turn/start', {
          threadId,
          input,
          ...(loaded?.model === model ? {} : { model }),
        }),
      ).pipe(
        map((result) => {
          if (!Started.is(result))
            throw new AppServerError('codex app-server began a turn without an id');
          turn.id = result.turn.id;
          if (loaded !== undefined) loaded.model = model;
          return turn.id;
        }),
      );
      const interrupt$ = answer$.pipe(
        tap(() => lookAtThread(server, threadId)),
        mergeMap((turnId) =>
          server
            .request$('turn/interrupt', { threadId, turnId })
            .pipe(retry({ delay: INTERRUPT_AGAIN_MS })),
        ),
        ignoreElements(),
        takeUntil(server.gone$),
      );
      const abandon = (): void => {
        if (turn.over) return;
        const ended$ = own$.pipe(
          filter(
            (notification) =>
              notification.method === 'turn/completed' && turnOf(notification) === turn.id,
          ),
        );
        const late$ = server.ready$.pipe(
          switchMap((ready) => (ready ? timer(ABANDONED_MS) : NEVER)),
          tap(server.kill),
          ignoreElements(),
        );
        const interrupted$ = interrupt$.pipe(
          catchError(() => EMPTY),
          takeUntil(merge(ended$, late$)),
        );
        runInBackground(concat(interrupted$, cleanThread(server, threadId)));
      };
      return merge(
        NEVER,
        answer$.pipe(ignoreElements()),
        cancelled$.pipe(mergeMap(() => interrupt$)),
      ).pipe(tap({ unsubscribe: abandon }));
    });
    return merge(signals$, lost$, started$).pipe(takeWhile((signal) => signal !== 'end'));
  });
