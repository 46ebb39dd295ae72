import {
  defaultIfEmpty,
  defer,
  finalize,
  map,
  merge,
  NEVER,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  Subject,
  share,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { during } from '../../streams/during.js';
import type { AppServer } from './app-server.js';
import { changedInputs, type ServerInputs } from './server-inputs.js';
import type { ServerLease, StartedServer } from './server-lease.js';
import {
  IDLE,
  nextSharedServer,
  type SharedServerEvent,
  type SharedServerState,
} from './shared-server-state.js';

export interface ShareOptions {
  /** Milliseconds that the app-server runs on without a subscriber. */
  readonly idleMs: number;
  /** Emits, and replays, when no turn can come any more. */
  readonly end$?: Observable<unknown> | undefined;
  /** Milliseconds in which an app-server that failed with this error is not started again. */
  readonly retryMs: (error: unknown) => number;
  /** Reads what an app-server reads only when it starts, as it is now. */
  readonly inputs: () => ServerInputs;
  readonly log: Log;
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
 * it again when it has exited or is retired. Each subscribe compares the inputs with those at the
 * start, and retires an app-server that has read others. Completes when the app-server exits. Fails
 * when it cannot start, and repeats that error to each subscriber for `retryMs`, or until an input
 * changes. Unsubscribe of the last turn ends the app-server after `idleMs`, or when `end$` emits; a
 * retired one at once.
 */
export const shareAppServer =
  ({
    idleMs,
    end$ = NEVER,
    retryMs,
    inputs,
    log,
  }: ShareOptions): OperatorFunction<StartedServer, ServerLease> =>
  (start$) => {
    const createShared = (): SharedServer => {
      let state: SharedServerState = IDLE;
      let read: ServerInputs = new Map();
      let running: AppServer | undefined;
      const retired$ = new Subject<true>();
      const apply = (event: SharedServerEvent): void => {
        state = nextSharedServer(state, event);
      };
      const retire = (): void => {
        const before = state;
        apply({ type: 'retired' });
        if (state === before) return;
        running?.threads.retire();
        current = createShared();
        retired$.next(true);
      };
      const checkInputs = (): void => {
        if (state.phase === 'idle' || state.phase === 'retired') return;
        const changed = changedInputs(read, inputs());
        if (changed.length === 0) return;
        if (state.phase === 'failed') apply({ type: 'changed' });
        else {
          log('info', staleMessage(changed), { changed });
          retire();
        }
      };
      const fail = (error: unknown): void =>
        apply({ type: 'failed', error, until: performance.now() + retryMs(error) });
      const started$ = defer(() => {
        apply({ type: 'requested', now: performance.now() });
        if (state.phase === 'failed') throw state.error;
        // Before codex reads them: a change meanwhile counts as a later one.
        read = inputs();
        return start$.pipe(
          tap({
            next: ({ server }) => {
              apply({ type: 'started' });
              running = server;
              if (state.phase === 'retired') server.threads.retire();
            },
            error: fail,
          }),
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
            retire,
          }),
        ),
        share({
          connector: () => new ReplaySubject(1),
          resetOnRefCountZero: () =>
            merge(timer(state.phase === 'retired' ? 0 : idleMs), retired$, end$),
        }),
      );
      return { lease$, checkInputs };
    };
    let current = createShared();
    return defer(() => {
      current.checkInputs();
      return current.lease$;
    });
  };

const staleMessage = (changed: readonly string[]): string =>
  `changed since codex app-server has read it: ${changed.join(', ')}; later turns get a new app-server`;

interface SharedServer {
  readonly lease$: Observable<ServerLease>;
  /** Retires the app-server when its inputs have changed. */
  readonly checkInputs: () => void;
}
