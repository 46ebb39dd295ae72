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
import { processesOf } from './processes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const executable = path.join(root, 'dist/plexum-openai-provider-plugin');
/** The version of the real codex that this project of the tests is for. */
export const codexVersion = process.env['CODEX_UNDER_TEST'] ?? NEWEST;
export const realCodex = codexOf(codexVersion);
/** On the dev dependency its default model, which works in code mode; no model on others. */
export const codeModels = TESTED.flatMap(({ version, defaultModel }) =>
  version === NEWEST && version === codexVersion ? [defaultModel] : [],
);
/** How the turns of the real codex run in this project of the tests: "exec" or "app-server". */
export const transport = process.env['TRANSPORT_UNDER_TEST'] ?? 'exec';
export const fakeCodex = fileURLToPath(new URL('fake-codex.mjs', import.meta.url));

type OnTool = NonNullable<Parameters<typeof startPlugin>[1]['onTool']>;
export type Plugin = Awaited<ReturnType<typeof startPlugin>>;

/**
 * A private HOME, CODEX_HOME, profile and workspace, with what was started in them. `using` it
 * cleans up, and fails when a plugin has crashed: when it wrote a word on stderr (an exception that
 * nobody caught, a rejection that nobody took, a warning of Node), or did not exit with 0 although
 * no test killed it.
 */
export interface Lab extends AsyncDisposable {
  readonly dir: string;
  readonly workspace: string;
  readonly env: Record<string, string>;
  readonly model: ModelServer;
  /** Writes the config file: whole, or what it has besides the transport. */
  readonly configure: (config: string | object) => void;
  /** A path below the lab's folder. */
  readonly at: (...names: string[]) => string;
  /** Starts the plugin; `onTool` runs the host's tools. */
  readonly start: (env?: Record<string, string>, onTool?: OnTool) => Promise<Plugin>;
  /** Takes charge of a plugin that was started elsewhere. */
  readonly adopt: (plugin: Plugin) => Plugin;
  /** What the stderr of every plugin has to be like; nothing, when it is not called. */
  readonly expectStderr: (words: RegExp) => void;
}

/** What the embedded model answers: steps for a request, by the texts of the user in it. */
export type Reply = (request: ModelRequest, nth: number) => Step[] | Promise<Step[]>;

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
  return {
    dir,
    workspace: at('workspace'),
    env,
    model,
    configure,
    at,
    start: async (more = {}, onTool = () => undefined) => {
      const plugin = await startPlugin(executable, { env: { ...env, ...more }, cwd: dir, onTool });
      plugins.push(plugin);
      return plugin;
    },
    adopt: (plugin) => {
      plugins.push(plugin);
      return plugin;
    },
    expectStderr: (words) => {
      expected = words;
    },
    [Symbol.asyncDispose]: async () => {
      const ends = await Promise.all(plugins.map(endOf));
      await model.close();
      // A plugin that was killed leaves processes, and they would write into the folder while it
      // goes.
      for (const { pid } of processesOf(at('home'))) signalProcess(pid, 'SIGKILL');
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      expect(ends.filter(({ stderr, crashed }) => crashed || !expected.test(stderr))).toEqual([]);
    },
  };
};

/** How a plugin ended: by itself with 0, or killed by the test. */
const endOf = async (plugin: Plugin) => {
  const { code, signal } = await plugin.stop();
  return {
    code,
    signal,
    stderr: plugin.stderr(),
    crashed: code !== 0 && !(signal === 'SIGKILL' && plugin.child.killed),
  };
};
