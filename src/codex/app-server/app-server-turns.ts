import { concat, defer, type Observable, tap } from 'rxjs';
import type { Log, OnNotice } from '../../canonical/notice.js';
import type { BackgroundWork } from '../../process/background-work.js';
import type { Cancel } from '../../process/run.js';
import { checkWorkspace } from '../../process/workspace.js';
import { withWorkspaceLock } from '../../process/workspace-lock.js';
import { mayHideLogin, readSettings } from '../config-toml.js';
import { codexHome, type Environment } from '../environment.js';
import type { CodexSignal } from '../events/signal.js';
import type { ExecPlan } from '../exec/codex-run.js';
import { findCodex$ } from '../exec/find-codex.js';
import type { ModelArgs } from '../exec/model-flag.js';
import type { FindRollout } from '../rollout/find-rollout.js';
import { codexCan } from '../versions.js';
import { appTurnPlan } from './app-turn-plan.js';
import { changeOf, stateOf } from './file-state.js';
import { createHookWatch } from './hook-watch.js';
import { mayHaveHooks } from './hooks-list.js';
import { launchAppServer } from './launch-app-server.js';
import { serverArgs } from './server-args.js';
import { createServerInputs } from './server-inputs.js';
import { shareAppServer } from './share-app-server.js';
import { startAppServer } from './start-app-server.js';
import { isStartError } from './start-failure.js';
import { startOverrides } from './start-overrides.js';
import { settingsToRestore } from './thread-args.js';
import { turnOnSharedServer } from './turn-on-shared-server.js';

export interface AppServerOptions {
  readonly config: {
    readonly binary: string;
    readonly extraArgs: readonly string[];
    readonly modelArgs: ModelArgs;
    readonly appServerRequired: boolean;
    readonly appServerIdleMs: number;
    readonly maxLineBytes: number;
    readonly deadlines: { readonly reconnect: number };
  };
  readonly log: Log;
  /** False under back-pressure: the host does not read the events. */
  readonly ready$: Observable<boolean>;
  readonly environment: Environment;
  readonly recordsFolder: string | undefined;
  readonly findRollout: FindRollout;
  readonly background: BackgroundWork;
  /** See `shareAppServer`. */
  readonly end$?: Observable<unknown> | undefined;
  /** What finds codex and starts its app-server on a real machine, so that a test replaces it. */
  readonly findProgram$?: typeof findCodex$;
  readonly startServer$?: typeof startAppServer;
}

/** Turns on a shared app-server. */
export interface AppServerTurns {
  /** Runs one turn; see `turnOnSharedServer`. */
  readonly turn$: (
    plan: ExecPlan,
    cancel$: Observable<Cancel>,
    listeners: { readonly log: Log; readonly onNotice?: OnNotice | undefined },
  ) => Observable<CodexSignal>;
  /** The version of the codex that runs, or ran last. */
  readonly version: () => string | undefined;
}

/** The version of this client, which codex puts into its own requests. */
const CLIENT_VERSION = '1';

/** Milliseconds for which `codex exec` runs the turns after an app-server could not start. */
const RETRY_MS = 60_000;

/** The port `appServer`: runs turns on one app-server of this machine; see `shareAppServer`. */
export const appServerTurns = ({
  config,
  log: ownLog,
  ready$,
  recordsFolder,
  environment,
  findRollout,
  background,
  end$,
  findProgram$ = findCodex$,
  startServer$ = startAppServer,
}: AppServerOptions): AppServerTurns => {
  const { extraArgs } = config;
  const args = serverArgs(extraArgs);
  const home = codexHome(environment);
  const watchHooks = createHookWatch((cwd) => mayHaveHooks(home, [cwd]));
  let lastVersion: string | undefined;
  const launch$ = launchAppServer({
    serverArgs: args,
    overrides: (version) =>
      startOverrides(version, { home, reconnectMs: config.deadlines.reconnect, extraArgs }),
    environment,
    log: ownLog,
    findCodex$: defer(() => findProgram$(config.binary, environment)),
    start$: (run, version) =>
      startServer$(run, {
        version: CLIENT_VERSION,
        isCodex: version !== undefined,
        keepsFailed: !codexCan(version, 'unloadsThreads'),
        keepsThreads: codexCan(version, 'writerLock') && !codexCan(version, 'unloadsThreads'),
        ready$,
        maxLineBytes: config.maxLineBytes,
        recordsFolder,
        log: ownLog,
        runInBackground: background.runInBackground(home),
      }),
  });
  // Two app-servers of one home at once would meet at the locks of its threads.
  const lease$ = concat(background.drained$(home), launch$).pipe(
    tap(({ version }) => {
      lastVersion = version;
    }),
    shareAppServer({
      idleMs: config.appServerIdleMs,
      end$,
      retryMs: (error) => (config.appServerRequired || !isStartError(error) ? 0 : RETRY_MS),
      inputs: createServerInputs({ binary: config.binary, environment }),
      log: ownLog,
    }),
  );
  const turn$: AppServerTurns['turn$'] = (plan, cancel$, { log, onNotice }) =>
    defer(() => {
      const { workspace } = plan;
      checkWorkspace(workspace);
      return turnOnSharedServer(lease$, cancel$, {
        planFor: (version) => {
          const settings = readSettings(home);
          const restored = settingsToRestore(config.modelArgs, extraArgs, settings);
          return appTurnPlan(plan, { version, args, home, settings, extraArgs, restored, log });
        },
        fileOf: (id) => stateOf(() => findRollout(id)),
        changeOf: (id) => changeOf(() => findRollout(id)),
        withLock: (source$) => withWorkspaceLock(workspace, source$, background),
        runInBackground: background.runInBackground(workspace),
        isLoginHidden: () => mayHideLogin(home),
        onNotice,
        watchHooks: (server, place) => watchHooks(server, place, log),
      });
    });
  return { turn$, version: () => lastVersion };
};
