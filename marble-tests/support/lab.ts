import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { codexOf } from '../../scripts/lib/codexes.mjs';
import { startPlugin } from '../../scripts/lib/host.mjs';
import {
  type ModelRequest,
  type ModelServer,
  type Step,
  startModelServer,
} from '../../scripts/lib/model-server.mjs';
import { NEWEST, TESTED } from '../../src/codex/versions.js';
import { signalProcess } from '../../src/process/process-tree.js';
import { inTime, processesOf } from './processes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const executable = path.join(root, 'dist/plexum-openai-provider-plugin');
/** The version of the real codex of this test project. */
export const codexVersion = process.env['CODEX_UNDER_TEST'] ?? NEWEST;
export const realCodex = codexOf(codexVersion);
/** The default model of the dev dependency, which works in code mode; empty on other versions. */
export const codeModels = TESTED.flatMap(({ version, defaultModel }) =>
  version === NEWEST && version === codexVersion ? [defaultModel] : [],
);
/** The transport of the real codex in this test project: "exec" or "app-server". */
export const transport = process.env['TRANSPORT_UNDER_TEST'] ?? 'exec';
export const fakeCodex = fileURLToPath(new URL('fake-codex.mjs', import.meta.url));

type OnTool = NonNullable<Parameters<typeof startPlugin>[1]['onTool']>;
export type Plugin = Awaited<ReturnType<typeof startPlugin>>;

/**
 * A private HOME, CODEX_HOME, profile and workspace, with the plugins that run in them. `await
 * using` stops the plugins and removes the folders. It fails when a plugin has crashed: when it
 * wrote to stderr (an uncaught exception, an unhandled rejection, a warning of Node), or did not
 * exit with 0 although no test killed it.
 */
export interface Lab extends AsyncDisposable {
  readonly dir: string;
  readonly workspace: string;
  readonly env: Record<string, string>;
  readonly model: ModelServer;
  /** Writes config.json: a text as it is, an object with the transport added. */
  readonly configure: (config: string | object) => void;
  /** A path below the lab's folder. */
  readonly at: (...names: string[]) => string;
  /** Starts the plugin; `onTool` runs the host's tools. */
  readonly start: (env?: Record<string, string>, onTool?: OnTool) => Promise<Plugin>;
  /** Stops and checks a plugin that was started elsewhere, too. Every wait for it has its limit. */
  readonly adopt: (plugin: Plugin) => Plugin;
  /** Sets what the stderr of every plugin must match; by default it must be empty. */
  readonly expectStderr: (words: RegExp) => void;
}

/** The steps of the embedded model for its `nth` request; `login` is its authorization. */
export type Reply = (request: ModelRequest, nth: number, login: string) => Step[] | Promise<Step[]>;

/** Opens a lab whose model answers with `reply`, by default with the prompts. */
export const openLab = async (reply?: Reply): Promise<Lab> => {
  const dir = mkdtempSync(path.join(tmpdir(), 'plexum-lab-'));
  const at = (...names: string[]): string => path.join(dir, ...names);
  const plugins: Plugin[] = [];
  let expected = /^$/;
  const model = await startModelServer(reply === undefined ? {} : { reply });
  for (const name of [
    'workspace',
    'home',
    'codex',
    'tmp',
    'profile/plugins/plexum-openai-provider',
  ])
    mkdirSync(at(name), { recursive: true });
  writeFileSync(at('codex/config.toml'), model.configToml);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: at('home'),
    CODEX_HOME: at('codex'),
    PLEXUM_PROFILE_ROOT: at('profile'),
    TMPDIR: at('tmp'),
  };
  const configure = (config: string | object): void => {
    const whole =
      typeof config === 'string'
        ? config
        : JSON.stringify({
            ...(transport === 'exec' ? {} : { transport, app_server_required: true }),
            ...config,
          });
    writeFileSync(at('profile/plugins/plexum-openai-provider/config.json'), whole);
  };
  configure({ binary: realCodex });
  const adopt = (plugin: Plugin): Plugin => {
    const bounded = inTimePlugin(plugin);
    plugins.push(bounded);
    return bounded;
  };
  return {
    dir,
    workspace: at('workspace'),
    env,
    model,
    configure,
    at,
    start: async (more = {}, onTool = () => undefined) => {
      const options = { env: { ...env, ...more }, cwd: dir, onTool };
      return adopt(await inTime('the start of a plugin', startPlugin(executable, options)));
    },
    adopt,
    expectStderr: (words) => {
      expected = words;
    },
    [Symbol.asyncDispose]: async () => {
      const ends = await Promise.all(plugins.map(endOf));
      await model.close();
      // Processes of a killed plugin would write into the folder during its removal.
      for (const { pid } of processesOf(at('home'))) signalProcess(pid, 'SIGKILL');
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      expect(ends.filter(({ stderr, crashed }) => crashed || !expected.test(stderr))).toEqual([]);
    },
  };
};

/** The plugin, with a limit for each answer, each turn and the exit, from when it is waited for. */
const inTimePlugin = (plugin: Plugin): Plugin => {
  const last = () => ({ frames: plugin.frames.slice(-5), stderr: plugin.stderr() });
  return {
    ...plugin,
    request: (method, params, id) =>
      inTime(`the answer to ${method}`, plugin.request(method, params, id), last),
    stream: (params, id) => {
      const turn = plugin.stream(params, id);
      const name = `turn ${JSON.stringify(turn.id)}`;
      return {
        id: turn.id,
        events: turn.events,
        get ended() {
          return inTime(`the end of ${name}`, turn.ended, last);
        },
        get response() {
          return inTime(`the answer to ${name}`, turn.response, last);
        },
      };
    },
    get exited() {
      return inTime('the exit of the plugin', plugin.exited, last);
    },
    get closed() {
      return inTime('the end of the output of the plugin', plugin.closed, last);
    },
    stop: () => inTime('the exit of the plugin after its stdin', plugin.stop(), last),
  };
};

/** Stops a plugin. `crashed`: it exited with another code than 0, and no test killed it. */
const endOf = async (plugin: Plugin) => {
  const { code, signal } = await plugin.stop();
  return {
    code,
    signal,
    stderr: plugin.stderr(),
    crashed: code !== 0 && !(signal === 'SIGKILL' && plugin.child.killed),
  };
};
