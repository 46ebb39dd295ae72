import { statSync } from 'node:fs';
import { concat, defer, exhaustMap, map, mergeMap, type Observable, of, ReplaySubject, share, takeWhile, tap, timer } from 'rxjs';
import { threadBridge } from './bridge/thread-bridge.js';
import { type AppServer, appServer } from './codex/app-server/app-server.js';
import { appTurn } from './codex/app-server/app-turn.js';
import { AppServerError } from './codex/app-server/rpc.js';
import { serverArgs } from './codex/app-server/server-args.js';
import { trustsItself } from './codex/exec/trust-override.js';
import { locked } from './codex/exec/workspace-lock.js';
import type { FindRollout } from './codex/rollout/find-rollout.js';
import { checkWorkspace, codexHome, foundCodex$, needsLock, readOperatorConfig, realPath, withoutProxy } from './node-codex.js';
import type { Surroundings } from './node-ports.js';
import type { Ports } from './ports.js';

interface About extends Pick<Surroundings, 'config' | 'log' | 'ready$'> {
  readonly environment: Readonly<Record<string, string>>;
  readonly recordsFolder: string | undefined;
  readonly findRollout: FindRollout;
}

/** Of our requests; codex puts it into its own. */
const CLIENT_VERSION = '1';

/** The port `appServer.turn$`: turns on one app-server, which is started by the first, ended when no turn has run for `appServerIdleMs`, and started anew when it is gone. */
export const appTurns = ({ config, log, ready$, recordsFolder, environment, findRollout }: About): NonNullable<Ports['appServer']>['turn$'] => {
  const { args, sandbox, unfit } = serverArgs(config.extraArgs);
  const fileOf = (threadId: string): string | undefined => stateOf(() => findRollout(threadId));
  const server$: Observable<{ readonly server: AppServer; readonly version: string | undefined }> = defer(() => {
    if (unfit !== undefined) throw new AppServerError(`${unfit} in extra_args has no counterpart there`);
    return foundCodex$(config.binary, environment);
  }).pipe(
    mergeMap(({ binary, version }) => {
      const run = {
        file: binary.file,
        args: ['app-server', ...args],
        cwd: codexHome(environment),
        env: { ...environment, ...binary.env, ...withoutProxy(environment) },
        stdin: '',
      };
      return appServer(run, { version: CLIENT_VERSION, ready$, maxLineBytes: config.maxLineBytes, recordsFolder }).pipe(
        tap(() => log('info', 'codex app-server is started', { codex: version })),
        map((server) => ({ server, version })),
      );
    }),
    share({ connector: () => new ReplaySubject(1), resetOnRefCountZero: () => timer(config.appServerIdleMs) }),
  );

  return ({ threadId, model, images, workspace, prompt, bridge }, cancel$, tell) =>
    defer(() => {
      checkWorkspace(workspace);
      return server$;
    }).pipe(
      // The server is held while the turn lasts: its end is `undefined` here.
      exhaustMap(({ server, version }) => {
        const settings =
          bridge === undefined ? {} : threadBridge(bridge.agentId, bridge.access, config.toolTimeoutMs, version, readOperatorConfig(environment));
        const plan = {
          threadId,
          cwd: workspace,
          model,
          sandbox,
          config: { ...settings, ...trustsItself([workspace, realPath(workspace)], version) },
          prompt,
          images,
        };
        const turn$ = appTurn(server, plan, cancel$, fileOf, tell);
        return concat(needsLock(version) ? locked(workspace, turn$) : turn$, of(undefined));
      }),
      takeWhile((signal) => signal !== undefined),
    );
};

/** What tells whether somebody has written into a file. */
const stateOf = (find: () => string | undefined): string | undefined => {
  try {
    const file = find();
    if (file === undefined) return undefined;
    const { ino, size, mtimeMs } = statSync(file);
    return [ino, size, mtimeMs].join(':');
  } catch {
    return undefined;
  }
};
