import { statSync } from 'node:fs';
import path from 'node:path';
import { concat, defer, exhaustMap, map, mergeMap, type Observable, of, ReplaySubject, share, takeWhile, tap, timer } from 'rxjs';
import { operatorConfig } from './bridge/operator-config.js';
import { type AppServer, appServer } from './codex/app-server/app-server.js';
import { appTurn } from './codex/app-server/app-turn.js';
import { AppServerError } from './codex/app-server/rpc.js';
import { serverArgs } from './codex/app-server/server-args.js';
import { threadBridge } from './codex/app-server/thread-config.js';
import { codexVersion, isOlder, versionProblem } from './codex/exec/codex-version.js';
import { resolveBinary } from './codex/exec/resolve-binary.js';
import { trustsItself } from './codex/exec/trust-override.js';
import { locked } from './codex/exec/workspace-lock.js';
import { createFindRollout } from './codex/rollout/find-rollout.js';
import { codexHome, isDirectory, LOCKS_SINCE, noWorkspace, realPath, type Surroundings, textOf, withoutProxy } from './node-ports.js';
import type { Ports } from './ports.js';

interface About extends Pick<Surroundings, 'config' | 'log' | 'ready$'> {
  readonly environment: Readonly<Record<string, string>>;
  readonly recordsFolder: string | undefined;
}

/** Of our requests; codex puts it into its own. */
const CLIENT_VERSION = '1';

/** The port `appServer.turn$`: turns on one app-server, which is started by the first, ended when no turn has run for `appServerIdleMs`, and started anew when it is gone. */
export const appTurns = ({ config, log, ready$, recordsFolder, environment }: About): NonNullable<Ports['appServer']>['turn$'] => {
  const { args, sandbox, unfit } = serverArgs(config.extraArgs);
  const home = codexHome(environment);
  const findRollout = createFindRollout(home);
  const fileOf = (threadId: string): string | undefined => stateOf(() => findRollout(threadId));
  const server$: Observable<{ readonly server: AppServer; readonly version: string | undefined }> = defer(() => {
    if (unfit !== undefined) throw new AppServerError(`${unfit} in extra_args has no counterpart there`);
    const binary = resolveBinary(config.binary, environment);
    return codexVersion(binary, environment).pipe(
      mergeMap((version) => {
        const problem = versionProblem(binary.file, version);
        if (problem !== undefined) throw problem;
        const run = {
          file: binary.file,
          args: ['app-server', ...args],
          cwd: home,
          env: { ...environment, ...binary.env, ...withoutProxy(environment) },
          stdin: '',
        };
        return appServer(run, { version: CLIENT_VERSION, ready$, maxLineBytes: config.maxLineBytes, recordsFolder }).pipe(
          tap(() => log('info', 'codex app-server is started', { codex: version })),
          map((server) => ({ server, version })),
        );
      }),
    );
  }).pipe(share({ connector: () => new ReplaySubject(1), resetOnRefCountZero: () => timer(config.appServerIdleMs) }));

  return ({ threadId, model, images, workspace, prompt, bridge }, cancel$, tell) =>
    defer(() => {
      if (!isDirectory(workspace)) throw noWorkspace(workspace);
      return server$;
    }).pipe(
      // The server is held while the turn lasts: its end is `undefined` here.
      exhaustMap(({ server, version }) => {
        const settings =
          bridge === undefined
            ? {}
            : threadBridge(bridge.agentId, bridge.access, config.toolTimeoutMs, version, operatorConfig(textOf(path.join(home, 'config.toml'))));
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
        return concat(version !== undefined && isOlder(version, LOCKS_SINCE) ? locked(workspace, turn$) : turn$, of(undefined));
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
