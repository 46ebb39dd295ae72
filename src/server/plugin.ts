import type { Readable, Writable } from 'node:stream';
import { isLeft } from 'fp-ts/lib/Either.js';
import { EMPTY, type Observable } from 'rxjs';
import { nodePorts } from '../node/ports.js';
import { profileOptions } from '../node/ports-options.js';
import { type Config, defaultConfig, loadConfig } from '../plexum/config.js';
import { connectHost, type Host } from '../plexum/host-connection.js';
import { manifest } from '../plexum/manifest.js';
import { method } from '../plexum/methods.js';
import { configFile } from '../plexum/profile.js';
import { createRecorder } from '../record/recorder.js';
import { pluginServer } from './plugin-server.js';

export interface PluginOptions {
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** The plugin's executable, which codex starts as the relay. */
  readonly executable: string;
  /** Emits when the plugin has to exit, on a signal. */
  readonly terminate$: Observable<unknown>;
}

/** The plugin, connected to a host by a pair of streams. */
export interface Plugin {
  readonly host: Host;
  readonly config: Config;
  /** See `pluginServer`. */
  readonly server$: Observable<never>;
  /** Completes when the records of all turns are on disk. */
  readonly drained$: Observable<never>;
}

/**
 * Connects the plugin, with the config of the profile, to a host that writes to `input` and reads
 * `output`. With an invalid config, `initialize` fails with its problem.
 */
export const connectPlugin = (
  input: Readable,
  output: Writable,
  { version, env, executable, terminate$ }: PluginOptions,
): Plugin => {
  const loaded = loadConfig(configFile(env));
  const { config, warnings } = isLeft(loaded)
    ? { config: defaultConfig, warnings: [] }
    : loaded.right;
  const problem = isLeft(loaded) ? loaded.left : undefined;
  const described = manifest(version, config.supportedModels);
  const host = connectHost(input, output, { manifest: described, problem, warnings });
  const ports = nodePorts({
    config,
    ...profileOptions(env, executable),
    log: host.log,
    ready$: host.ready$,
    createsWorkspaces: true,
    callTool$: (call, onProgress) =>
      host.call$(method.toolExecute, { ...call, _meta: { agent_id: call.agent_id } }, onProgress),
  });
  const recorder =
    config.recordDir === undefined ? undefined : createRecorder({ folder: config.recordDir });
  const server$ = pluginServer(
    host,
    { ...ports, record: recorder?.begin },
    { manifest: described, modelArgs: config.modelArgs, problem, terminate$ },
  );
  return { host, config, server$, drained$: recorder?.drained$ ?? EMPTY };
};
