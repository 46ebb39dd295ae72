import {
  defer,
  EMPTY,
  endWith,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import type { OnNotice } from '../../canonical/notice.js';
import type { RunInBackground } from '../../process/background-work.js';
import { type Cancel, notStarted } from '../../process/run.js';
import { branch } from '../../streams/branch.js';
import { during } from '../../streams/during.js';
import { classify } from '../events/failure.js';
import type { CodexSignal } from '../events/signal.js';
import { needsLock } from '../exec/find-codex.js';
import { appTurn } from './app-turn.js';
import type { HookPlace } from './hook-watch.js';
import type { RolloutStates } from './open-thread.js';
import type { Rpc } from './rpc.js';
import type { ServerLease } from './server-lease.js';
import type { AppTurnPlan } from './turn-on-thread.js';

export interface SharedTurnOptions extends RolloutStates {
  /** The turn for a version of codex; called once the app-server runs. */
  readonly planFor: (version: string | undefined) => AppTurnPlan;
  /** Locks the workspace for the life of a source; see `withWorkspaceLock`. */
  readonly withLock: <T>(source$: Observable<T>) => Observable<T>;
  readonly runInBackground: RunInBackground;
  /** Whether no file shows another login; see `mayHideLogin`. */
  readonly isLoginHidden: () => boolean;
  readonly onNotice?: OnNotice | undefined;
  /** Warns of hooks that codex skips, once codex has said something; see `createHookWatch`. */
  readonly watchHooks?: (server: Pick<Rpc, 'request$'>, place: HookPlace) => Observable<never>;
}

/** Milliseconds that a cancelled turn has at least: the kill ends the turns of other agents too. */
const LEAST_GRACE_MS = 1_000;

/**
 * Runs one turn on the shared app-server.
 *
 * Emits the signals of `appTurn`, and completes with them. A turn that is cancelled before it has
 * an app-server emits `exited` at once. A refused login retires the app-server, which reads its
 * login only once; so does a usage limit where no file shows another login, and a request that
 * codex does not answer. Fails, before any signal, when the app-server cannot start. The turn, and
 * its work in the background, keep the app-server running.
 */
export const turnOnSharedServer = (
  lease$: Observable<ServerLease>,
  cancel$: Observable<Cancel>,
  {
    planFor,
    fileOf,
    changeOf,
    withLock,
    runInBackground,
    isLoginHidden,
    onNotice,
    watchHooks = () => EMPTY,
  }: SharedTurnOptions,
): Observable<CodexSignal> => {
  const runTurn$ = ({ server, version, hold, retire }: ServerLease): Observable<CodexSignal> => {
    const plan = planFor(version);
    const turn$ = appTurn(server, plan, cancel$.pipe(map(withLeastGrace)), {
      fileOf,
      changeOf,
      runInBackground: (work$) => runInBackground(hold(work$)),
      onStuck: retire,
      onNotice,
    }).pipe(
      map((signal) => withReset(signal, server.resetsAt())),
      tap((signal) => {
        if (needsLogin(signal, isLoginHidden)) retire();
      }),
    );
    const watched$ = turn$.pipe(
      branch((signal$) =>
        merge(
          signal$,
          signal$.pipe(
            take(1),
            mergeMap(() => watchHooks(server, plan)),
            takeUntil(signal$.pipe(ignoreElements(), endWith(true))),
          ),
        ),
      ),
    );
    return needsLock(version) ? withLock(watched$) : watched$;
  };
  return during(
    merge(
      cancel$.pipe(
        take(1),
        map((cancel) => () => of<CodexSignal>(notStarted(cancel))),
      ),
      lease$.pipe(map((lease) => () => runTurn$(lease))),
    ),
    (begin) => defer(begin),
  );
};

const withLeastGrace = (cancel: Cancel): Cancel => ({
  ...cancel,
  graceMs: cancel.reason === 'shutdown' ? cancel.graceMs : Math.max(cancel.graceMs, LEAST_GRACE_MS),
});

/** A failure with the time at which the limit resets; any other signal stays the same. */
const withReset = (signal: CodexSignal, resetsAt: number | undefined): CodexSignal =>
  signal.type === 'turn.failed' && resetsAt !== undefined
    ? { ...signal, error: { ...signal.error, resetsAt } }
    : signal;

/** Whether another login would help that the app-server cannot see. */
const needsLogin = (signal: CodexSignal, isLoginHidden: () => boolean): boolean => {
  if (signal.type !== 'turn.failed') return false;
  const { kind } = classify(signal.error.message, signal.error.codexErrorInfo);
  return kind === 'auth' || (kind === 'usage_limit' && isLoginHidden());
};
