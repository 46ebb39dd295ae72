import * as t from 'io-ts';
import { concat, defer, filter, ignoreElements, merge, mergeMap, NEVER, type Observable, of, retry, takeUntil, takeWhile, tap } from 'rxjs';
import type { CodexSignal } from '../events/to-canonical.js';
import type { AppServer } from './app-server.js';
import { type Notification, turnOf } from './notification.js';
import type { ThreadPlan } from './open-thread.js';
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
 * A turn on an open thread, from `turn/start` to `turn/completed`.
 *
 * Emits its signals and completes with its end; waits for ever when the app-server goes before that. `cancelled$` and unsubscribe interrupt it. Fails with `AppServerError` when it is refused.
 */
export const turnOnThread = (server: AppServer, threadId: string, plan: AppTurnPlan, cancelled$: Observable<unknown>): Observable<CodexSignal> =>
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
      ignoreElements(),
      takeUntil(server.gone$),
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
        takeWhile(({ method }) => method !== 'turn/completed', true),
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
