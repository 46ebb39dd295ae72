import {
  asyncScheduler,
  defaultIfEmpty,
  defer,
  finalize,
  map,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  share,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { during } from '../../streams/during.js';
import type { AppServer } from './app-server.js';
import {
  IDLE,
  nextSharedServer,
  type SharedServerEvent,
  type SharedServerState,
} from './shared-server-state.js';

export interface StartedServer {
  readonly server: AppServer;
  /** The version of codex. */
  readonly version: string | undefined;
}

/** The use of a shared app-server by one turn. */
export interface ServerLease extends StartedServer {
  /** Runs `work$` and keeps the app-server running meanwhile, if it has not exited. */
  readonly hold: (work$: Observable<unknown>) => Observable<unknown>;
  /** Gives later turns an app-server of their own, and ends this one with its last turn. */
  readonly retire: () => void;
}

export interface ShareOptions {
  /** Milliseconds that the app-server runs on without a subscriber. */
  readonly idleMs: number;
  /** Milliseconds in which an app-server that failed with this error is not started again. */
  readonly retryMs: (error: unknown) => number;
}

/**
 * Shares one app-server among all turns that subscribe.
 *
 * ```
 * source  -s                  s the app-server has started
 * turn 1  ^l----!             l the lease
 * turn 2  ---^---!            gets the lease at once
 * source  ^-------- 10ms !    with idleMs 10
 * ```
 *
 * Emits a lease once the app-server has started. The first subscriber starts it; a later one starts
 * it again when it has exited or is retired. Completes when the app-server exits. Fails when it
 * cannot start, and repeats that error to each subscriber for `retryMs`. Unsubscribe of the last
 * turn ends the app-server after `idleMs`, a retired one at once.
 */
export const shareAppServer =
  ({ idleMs, retryMs }: ShareOptions): OperatorFunction<StartedServer, ServerLease> =>
  (start$) => {
    const createShared = (): Observable<ServerLease> => {
      let state: SharedServerState = IDLE;
      const apply = (event: SharedServerEvent): void => {
        state = nextSharedServer(state, event);
      };
      const retire = (server: AppServer): void => {
        if (state.phase !== 'running') return;
        apply({ type: 'loginRefused' });
        server.threads.retire();
        current$ = createShared();
      };
      const fail = (error: unknown): void =>
        apply({ type: 'failed', error, until: asyncScheduler.now() + retryMs(error) });
      const started$ = defer(() => {
        apply({ type: 'requested', now: asyncScheduler.now() });
        if (state.phase === 'failed') throw state.error;
        return start$.pipe(
          tap({ next: () => apply({ type: 'started' }), error: fail }),
          finalize(() => apply({ type: 'ended' })),
        );
      });
      const lease$: Observable<ServerLease> = started$.pipe(
        map(
          ({ server, version }): ServerLease => ({
            server,
            version,
            hold: (work$) =>
              during(
                lease$.pipe(takeUntil(server.exited$), defaultIfEmpty(undefined)),
                () => work$,
              ),
            retire: () => retire(server),
          }),
        ),
        share({
          connector: () => new ReplaySubject(1),
          resetOnRefCountZero: () => timer(state.phase === 'retired' ? 0 : idleMs),
        }),
      );
      return lease$;
    };
    let current$ = createShared();
    return defer(() => current$);
  };
