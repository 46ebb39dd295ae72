import path from 'node:path';
import {
  catchError,
  concat,
  defer,
  exhaustMap,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  share,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import type { Log, OnNotice } from '../../canonical/notice.js';
import type { BackgroundWork } from '../../process/background-work.js';
import { isDirectory, realPath, textOf } from '../../process/files.js';
import type { RunInBackground } from '../../process/own-process.js';
import type { Cancel, Exited } from '../../process/run.js';
import { checkWorkspace } from '../../process/workspace.js';
import { withWorkspaceLock } from '../../process/workspace-lock.js';
import { codexHome, type Environment, withoutProxy } from '../environment.js';
import { failure } from '../events/failure.js';
import type { CodexSignal } from '../events/signal.js';
import type { ExecPlan } from '../exec/exec-run.js';
import { foundCodex$, needsLock } from '../exec/found-codex.js';
import { NO_GOALS, threadDistrust, threadTrust } from '../exec/overrides.js';
import type { FindRollout } from '../rollout/find-rollout.js';
import type { AppServer } from './app-server.js';
import { appTurn } from './app-turn.js';
import { filesOf, projectOf, stateOf } from './file-state.js';
import { AppServerError } from './rpc.js';
import { serverArgs } from './server-args.js';
import { startAppServer } from './start-app-server.js';

export interface AppServerOptions {
  readonly config: {
    readonly binary: string;
    readonly extraArgs: readonly string[];
    readonly appServerRequired: boolean;
    readonly appServerIdleMs: number;
    readonly maxLineBytes: number;
  };
  readonly log: Log;
  /** False while whoever reads the events does not. */
  readonly ready$: Observable<boolean>;
  readonly environment: Environment;
  readonly recordsFolder: string | undefined;
  readonly findRollout: FindRollout;
  readonly background: BackgroundWork;
}

/** Turns on a shared app-server. */
export interface AppServerTurns {
  /** One turn: see `appTurn`. Fails, before any signal, when the app-server cannot start. */
  readonly turn$: (
    plan: ExecPlan,
    cancel$: Observable<Cancel>,
    listeners: { readonly log: Log; readonly onNotice?: OnNotice | undefined },
  ) => Observable<CodexSignal>;
  /** Version of the codex that runs now, or ran last. */
  readonly version: () => string | undefined;
}

/** A process, for all who ask while it lives. */
interface Shared {
  readonly server$: Observable<{
    readonly server: AppServer;
    readonly version: string | undefined;
  }>;
  /** Whether it ends with its last turn, and not later. */
  retired: boolean;
}

/** Of our requests; codex puts it into its own. */
const CLIENT_VERSION = '1';

/**
 * Milliseconds that a cancelled turn has at least: the app-server is ended after that, with the
 * turns of others.
 */
const LEAST_GRACE_MS = 1_000;

/** Milliseconds in which an app-server that could not start is not tried again. */
const NOT_AGAIN_MS = 60_000;

/**
 * The port `appServer`: turns on one app-server, which is started by the first, ended when no turn
 * has run for `appServerIdleMs`, and started anew when it is gone, or when its login was refused:
 * it reads that only once.
 */
export const appTurns = ({
  config,
  log: ownLog,
  ready$,
  recordsFolder,
  environment,
  findRollout,
  background,
}: AppServerOptions): AppServerTurns => {
  const { args, sandbox, unfit } = serverArgs(config.extraArgs);
  const home = codexHome(environment);
  const fileOf = (threadId: string): string | undefined => stateOf(() => findRollout(threadId));
  let running: string | undefined;
  let failed: { readonly error: unknown; readonly until: number } | undefined;
  const start$ = defer(() => {
    if (unfit !== undefined)
      throw new AppServerError(`${unfit} in extra_args has no counterpart there`);
    if (failed !== undefined && performance.now() < failed.until) throw failed.error;
    return foundCodex$(config.binary, environment);
  }).pipe(
    mergeMap(({ binary, version }) => {
      const run = {
        file: binary.file,
        // A thread that is let go is closed at once; 0.135 does not know this key, and has no
        // writer lock.
        args: ['app-server', '-c', 'thread_unload_delay_secs=0', '-c', NO_GOALS, ...args],
        cwd: home,
        env: { ...environment, ...binary.env, ...withoutProxy(environment) },
        stdin: '',
      };
      return startAppServer(run, {
        version: CLIENT_VERSION,
        ready$,
        maxLineBytes: config.maxLineBytes,
        recordsFolder,
        log: ownLog,
      }).pipe(
        tap(() => {
          running = version;
          ownLog('info', 'codex app-server is started', { codex: version });
        }),
        map((server) => ({ server, version })),
        catchError((error: unknown) => {
          if (!config.appServerRequired)
            failed = { error, until: performance.now() + NOT_AGAIN_MS };
          throw error;
        }),
      );
    }),
  );
  const shared = (): Shared => {
    const one: Shared = {
      server$: start$.pipe(
        share({
          connector: () => new ReplaySubject(1),
          resetOnRefCountZero: () => timer(one.retired ? 0 : config.appServerIdleMs),
        }),
      ),
      retired: false,
    };
    return one;
  };
  let current = shared();

  const turn$: AppServerTurns['turn$'] = (
    { threadId, model, images, workspace, prompt, bridge },
    cancel$,
    { log, onNotice },
  ) =>
    defer(() => {
      checkWorkspace(workspace);
      const mine = current;
      const patient$ = cancel$.pipe(
        map((cancel) => ({
          ...cancel,
          graceMs:
            cancel.reason === 'shutdown'
              ? cancel.graceMs
              : Math.max(cancel.graceMs, LEAST_GRACE_MS),
        })),
      );
      const retire = (server: AppServer, signal: CodexSignal): void => {
        if (
          signal.type !== 'turn.failed' ||
          failure(signal.error.message).kind !== 'auth' ||
          mine.retired
        )
          return;
        mine.retired = true;
        server.threads.retire();
        current = shared();
      };
      const trustOf = (folder: string, version: string | undefined): Record<string, unknown> => {
        const real = realPath(folder);
        const names = [folder, real];
        const folders = projectOf(real).map((each) => path.join(each, '.codex'));
        const distrust = folders.some((each) => each !== home && isDirectory(each))
          ? threadDistrust(names, version, textOf(path.join(home, 'config.toml')))
          : undefined;
        if (distrust !== undefined)
          log(
            'warning',
            'the workspace has a .codex folder that codex’s config.toml does not trust, so the app-server reads neither it nor AGENTS.md',
          );
        return distrust ?? threadTrust(names, version);
      };
      const turnOn = (server: AppServer, version: string | undefined): Observable<CodexSignal> => {
        const warning = bridge?.warning(version);
        if (warning !== undefined) log('warning', warning);
        const plan = {
          threadId,
          cwd: workspace,
          model,
          sandbox,
          config: { ...bridge?.threadConfig(version), ...trustOf(workspace, version) },
          files: filesOf(home, workspace),
          prompt,
          images,
        };
        // What is left of the turn holds the server too: without it nothing of that would be
        // answered.
        const held$ = mine.server$.pipe(ignoreElements(), takeUntil(server.gone$));
        const runOnServer: RunInBackground = (work$) => {
          background.runInBackground(workspace)(
            merge(held$, concat(work$.pipe(ignoreElements()), of('over'))).pipe(
              takeWhile((each) => each !== 'over'),
            ),
          );
        };
        const signal$ = appTurn(server, plan, patient$, fileOf, {
          runInBackground: runOnServer,
          onNotice,
        }).pipe(tap((signal) => retire(server, signal)));
        return needsLock(version)
          ? withWorkspaceLock(workspace, signal$, background.drained$(workspace))
          : signal$;
      };
      // A turn that is cancelled does not wait for the server. The server is held while the turn
      // lasts: its end is `undefined` here.
      return merge(
        cancel$.pipe(
          take(1),
          map((cancel) => () => of<CodexSignal>(notBegun(cancel))),
        ),
        mine.server$.pipe(
          map(
            ({ server, version }) =>
              () =>
                turnOn(server, version),
          ),
        ),
      ).pipe(exhaustMap((turn) => concat(turn(), of(undefined))));
    }).pipe(takeWhile((signal) => signal !== undefined));
  return { turn$, version: () => running };
};

const notBegun = (cancelled: Cancel): Exited => ({
  type: 'exited',
  code: 0,
  signal: null,
  stderr: '',
  cancelled,
});
