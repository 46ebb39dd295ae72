import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { isLeft } from 'fp-ts/lib/Either.js';
import { of } from 'rxjs';
import type { RelayCommand } from '../bridge/socket-endpoint.js';
import type { Log } from '../canonical/notice.js';
import { createLimitWatch } from '../codex/events/limit-watch.js';
import { always$ } from '../lines/readable.js';
import { nodePorts } from '../node/ports.js';
import { turnLimit, workspaceQueue } from '../node/queue.js';
import { type Config, loadConfig, overrideConfig } from '../plexum/config.js';
import { givenProblem } from '../plexum/config-problems.js';
import { EXECUTABLE, PLUGIN_NAME } from '../plexum/methods.js';
import { configFile, pluginDir, recordsFolder, socketBases } from '../plexum/profile.js';
import { invalidParams } from '../plexum/rpc-error.js';
import type { Ports, WorkspaceQueue } from '../ports.js';
import { createBackgroundWork } from '../process/background-work.js';
import { streamRequest } from '../server/stream-request.js';
import type { Turn } from '../turn/run-turn.js';
import { RefusedError } from './exchange.js';
import { callLocal, specsOf } from './local-tools.js';
import { knownOptions, type TurnOptions } from './turn-options.js';

/** The config of the profile cannot be read or parsed, or codex would refuse its arguments. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A checked turn and the ports that run it. */
interface PreparedTurn {
  readonly turn: Turn;
  readonly ports: Ports;
}

/**
 * Validates a text and its options by the rules of the host's requests and loads the config of the
 * profile. Throws `ConfigError`, and `RefusedError` for a request that the plugin refuses.
 */
export const prepare = (text: string, options: TurnOptions): PreparedTurn => {
  const { env = process.env, log = warn, tools = [], images = [], newThread = false } = options;
  const { outputSchema } = options;
  const wrong = givenProblem(options, knownOptions, 'codex: the options: ');
  if (wrong !== undefined) throw new RefusedError(invalidParams(wrong));
  const loaded = loadConfig(configFile(env));
  if (isLeft(loaded)) throw new ConfigError(loaded.left);
  for (const warning of loaded.right.warnings) log('warning', warning);
  const checked = overrideConfig(loaded.right.config, options.config);
  if (isLeft(checked)) throw new ConfigError(`the option "config": ${checked.left}`);
  const config = checked.right;
  const request = streamRequest(
    {
      model_id: options.model ?? '',
      agent: {
        agent_id: options.agentId ?? 'local',
        workspace: path.resolve(options.workspace ?? '.'),
      },
      request: {
        messages: [{ role: 'user', content: [{ type: 'text', text }, ...images] }],
        tools: specsOf(tools),
        ...(outputSchema === undefined ? {} : { output_schema: outputSchema }),
      },
    },
    config.modelArgs,
  );
  if (isLeft(request)) throw new RefusedError(request.left);
  const own = nodePorts({
    config: { ...config, appServerIdleMs: options.config?.appServerIdleMs ?? IDLE_MS },
    env,
    log,
    ready$: always$,
    callTool$: callLocal(tools),
    ...(tools.length > 0 && config.bridge === 'stdio'
      ? { relay: relayOf(options.executable ?? ownExecutable()) }
      : {}),
    socketBases: socketBases(env),
    queue: sharedQueue(config),
    background,
    // Records need a profile; a turn does not create one.
    ...(existsSync(pluginDir(env)) ? { recordsFolder: recordsFolder(env) } : {}),
  });
  const ports: Ports = {
    ...own,
    watchLimits,
    appServer: sharedServer(JSON.stringify([config, env]), own.appServer),
    ...options.ports,
  };
  return {
    turn: request.right,
    ports: newThread ? { ...ports, ...onNewThread } : ports,
  };
};

/** A turn that was asked for a new thread begins one, whoever else does. */
const onNewThread: Pick<Ports, 'readSession$' | 'lockNewThread$'> = {
  readSession$: () => of({}),
  lockNewThread$: () => of(() => undefined),
};

/**
 * Milliseconds that an app-server stays alive after its last turn. Short, because a program without
 * further work exits only then.
 */
const IDLE_MS = 2_000;

/** App-servers by config and environment, least recently used first. */
const servers = new Map<string, Ports['appServer']>();
const sharedServer = (key: string, own: Ports['appServer']): Ports['appServer'] => {
  const shared = servers.get(key) ?? own;
  servers.delete(key);
  servers.set(key, shared);
  // A dropped app-server ends by itself after its idle time.
  for (const [oldest] of servers) if (servers.size > MAX_SERVERS) servers.delete(oldest);
  return shared;
};
const MAX_SERVERS = 16;

/**
 * One queue for the whole process, so that turns of one workspace run in order; each turn keeps to
 * the limit of its own config. A turn also waits for the background work of an abandoned turn of
 * its workspace.
 */
let onlyQueue: WorkspaceQueue | undefined;
const background = createBackgroundWork();
/** A limit that is nearly used up is logged once in the life of the process. */
const watchLimits = createLimitWatch();
const sharedQueue = (config: Config): WorkspaceQueue => {
  onlyQueue ??= workspaceQueue(config, background);
  const queue = onlyQueue;
  const limit = turnLimit(config);
  return (workspace, hurry$, source$, options) =>
    queue(workspace, hurry$, source$, { limit, ...options });
};

const relayOf = (executable: string): RelayCommand => ({
  command: process.execPath,
  args: [executable, 'mcp-host'],
});

/** The path is the same from `lib/library` and from `src/library`. */
const ownExecutable = (): string =>
  createRequire(import.meta.url).resolve(`../../dist/${EXECUTABLE}`);

const warn: Log = (level, msg) => {
  if (level === 'warning' || level === 'error') process.emitWarning(msg, PLUGIN_NAME);
};
