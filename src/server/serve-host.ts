import { AsyncSubject, finalize, merge, type Observable, take, takeUntil } from 'rxjs';
import { warmUp } from '../codex/exec/find-codex.js';
import { nodePorts } from '../node/ports.js';
import { profileOptions } from '../node/ports-options.js';
import type { Config } from '../plexum/config.js';
import type { Host } from '../plexum/host-connection.js';
import { method } from '../plexum/methods.js';
import { toolParams } from '../plexum/params.js';
import { recordsFolder, socketBases } from '../plexum/profile.js';
import type { Recorder } from '../record/recorder.js';
import { cleanUpOrphans } from './orphans.js';
import type { PluginOptions } from './plugin.js';
import { pluginServer, type ServerOptions } from './plugin-server.js';

export { createWireCounts } from '../node/drift-file.js';
export { createRecorder } from '../record/recorder.js';

interface ServeOptions extends Omit<PluginOptions, 'version'>, Omit<ServerOptions, 'modelArgs'> {
  readonly config: Config;
  readonly recorder: Recorder | undefined;
}

/**
 * Serves a host on a real machine: `pluginServer` with its ports. The plugin of a daemon also looks
 * for codex in advance, and ends what plugins that were killed have left. When the server has
 * ended or is unsubscribed, its app-server ends too: the process may go on.
 */
export const serveHost = (
  host: Host,
  { config, recorder, env, executable, isOfDaemon = false, ...options }: ServeOptions,
): Observable<never> => {
  const over$ = new AsyncSubject<true>();
  const ports = nodePorts({
    config,
    end$: over$,
    ...profileOptions(env, executable),
    log: host.log,
    ready$: host.ready$,
    createsWorkspaces: true,
    callTool$: (call, onProgress) =>
      host.call$(method.toolExecute, { ...toolParams(call) }, onProgress),
  });
  const server$ = pluginServer(
    host,
    { ...ports, record: recorder?.begin },
    { ...options, modelArgs: config.modelArgs },
  ).pipe(
    finalize(() => {
      over$.next(true);
      over$.complete();
    }),
  );
  if (!isOfDaemon) return server$;
  const end$ = merge(host.closed$, options.terminate$).pipe(take(1));
  return merge(
    server$,
    merge(
      warmUp(config.binary, env),
      cleanUpOrphans(recordsFolder(env), socketBases(env), host.log),
    ).pipe(takeUntil(end$)),
  );
};
