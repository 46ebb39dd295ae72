import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { isLeft } from 'fp-ts/lib/Either.js';
import { concat, connect, map, NEVER, type Observable, of, ReplaySubject, take } from 'rxjs';
import type { RelayCommand } from '../bridge/socket-endpoint.js';
import type { Log } from '../canonical/notice.js';
import { always$ } from '../lines/readable.js';
import { nodePorts, workspaceQueue } from '../node/ports.js';
import { type Config, loadConfig } from '../plexum/config.js';
import { EXECUTABLE, PLUGIN_NAME } from '../plexum/methods.js';
import { configFile, pluginDir, recordsFolder, socketBases } from '../plexum/profile.js';
import type { Ports, WorkspaceQueue } from '../ports.js';
import { createBackgroundWork } from '../process/background-work.js';
import type { Cancel } from '../process/run.js';
import { streamRequest } from '../server/stream-request.js';
import type { Turn } from '../turn/run-turn.js';
import { callLocal, specsOf } from './local-tools.js';
import type { TurnOptions } from './turn-options.js';

/** The config of the profile could not be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A turn that may start, and what it starts with. */
interface Prepared {
  readonly turn: Turn;
  readonly ports: Ports;
}

/**
 * Checks a text and its options and finds the profile. Throws `ConfigError`, or `RpcError` for what
 * a host would be refused.
 */
export const prepare = (text: string, options: TurnOptions): Prepared => {
  const { env = process.env, log = warn, tools = [], images = [], newThread = false } = options;
  const loaded = loadConfig(configFile(env));
  if (isLeft(loaded)) throw new ConfigError(loaded.left);
  for (const warning of loaded.right.warnings) log('warning', warning);
  const config: Config = { ...loaded.right.config, ...options.config };
  const asked = streamRequest(
    {
      model_id: options.model ?? '',
      agent: {
        agent_id: options.agentId ?? 'local',
        workspace: path.resolve(options.workspace ?? '.'),
      },
      request: {
        messages: [{ role: 'user', content: [{ type: 'text', text }, ...images] }],
        tools: specsOf(tools),
      },
    },
    config.modelArgs,
  );
  if (isLeft(asked)) throw asked.left;
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
    // A profile is not made for a record.
    ...(existsSync(pluginDir(env)) ? { recordsFolder: recordsFolder(env) } : {}),
  });
  const ports: Ports = {
    ...own,
    appServer: sharedServer(JSON.stringify([config, env]), own.appServer),
    ...options.ports,
  };
  return { turn: asked.right, ports: newThread ? { ...ports, readSession$: () => of({}) } : ports };
};

/**
 * Milliseconds that an app-server waits for the next turn: a program that has no more to do ends
 * only then.
 */
const IDLE_MS = 2_000;

/** Turns with the same config and environment are run by the same app-server. */
const servers = new Map<string, Ports['appServer']>();
const sharedServer = (key: string, own: Ports['appServer']): Ports['appServer'] => {
  const shared = servers.get(key) ?? own;
  servers.delete(key);
  servers.set(key, shared);
  // Whoever is forgotten ends by itself.
  for (const [oldest] of servers) if (servers.size > MAX_SERVERS) servers.delete(oldest);
  return shared;
};
const MAX_SERVERS = 16;

/**
 * Turns of one workspace wait for one another in the whole process, and for what is left of one
 * that was given up.
 */
let onlyQueue: WorkspaceQueue | undefined;
const background = createBackgroundWork();
const sharedQueue = (config: Config): WorkspaceQueue =>
  (onlyQueue ??= workspaceQueue(config, background));

const relayOf = (executable: string): RelayCommand => ({
  command: process.execPath,
  args: [executable, 'mcp-host'],
});

/** Beside this file in the package, and in its sources. */
const ownExecutable = (): string =>
  createRequire(import.meta.url).resolve(`../../dist/${EXECUTABLE}`);

const warn: Log = (level, msg) => {
  if (level === 'warning' || level === 'error') process.emitWarning(msg, PLUGIN_NAME);
};

/**
 * Hands the wish to end on, replayed, since a turn asks for it more than once. Emits, completes and
 * fails as `use$` does.
 */
export const cancellable = <T>(
  wish$: Observable<unknown> = NEVER,
  graceMs: number,
  use$: (cancel$: Observable<Cancel>) => Observable<T>,
): Observable<T> =>
  concat(wish$, NEVER).pipe(
    take(1),
    map((): Cancel => ({ reason: 'host', graceMs })),
    connect(use$, { connector: () => new ReplaySubject<Cancel>(1) }),
  );
