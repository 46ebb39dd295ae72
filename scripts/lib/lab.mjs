// A plugin in folders of its own, from a copy of dist/ that no build disturbs, on a model on
// loopback.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOf } from './codexes.mjs';
import { copyBuilt } from './copy-built.mjs';
import { startPlugin } from './host.mjs';
import { endAll, processesOf } from './processes.mjs';

/**
 * @typedef {Awaited<ReturnType<typeof startPlugin>>} Plugin
 * @typedef {NonNullable<Parameters<typeof startPlugin>[1]['onTool']>} OnTool
 * @typedef {ReturnType<typeof openLab>} Lab
 * @typedef {{ dir: string, executable: string }} Base
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const fakeCodex = path.join(root, 'marble-tests/support/fake-codex.mjs');

/**
 * A temporary folder with a copy of dist/; it goes with this process. @param {string} name @returns
 * {Base}
 */
export const openBase = (name) => {
  const dist = path.join(root, 'dist');
  if (!existsSync(path.join(dist, 'main.cjs'))) throw new Error('there is no dist/: npm run build');
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), `plexum-${name}-`)));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  copyBuilt(dist, path.join(dir, 'dist'));
  return {
    dir,
    executable: path.join(dir, 'dist/plexum-openai-provider-plugin'),
  };
};

/**
 * The native program behind the npm package; nothing when that version is not installed. @param
 * {string} version @returns {string | undefined}
 */
export const nativeCodex = (version) => {
  const scope = path.join(folderOf(version), 'node_modules/@openai');
  if (!existsSync(scope)) return undefined;
  const vendors = readdirSync(scope).map((name) => path.join(scope, name, 'vendor'));
  return vendors
    .filter((vendor) => existsSync(vendor))
    .flatMap((vendor) =>
      readdirSync(vendor).flatMap((triple) =>
        ['bin', 'codex'].map((folder) => path.join(vendor, triple, folder, 'codex')),
      ),
    )
    .find((file) => existsSync(file));
};

/**
 * The codex of a lab: the fake one in a workspace with `.fake`, on a full disk in one with
 * `.disk-full`. @param {string} native
 */
const chooser = (native) => `#!/bin/sh
if [ -e .disk-full ]; then trap '' XFSZ; ulimit -f "$(cat .disk-full)"; fi
if [ -e .fake ]; then exec '${process.execPath}' '${fakeCodex}' "$@"; fi
exec '${native}' "$@"
`;

/**
 * @param {Base} base
 * @param {{ name: string, native: string, configToml: string, config?: object, onTool?: OnTool,
 * executable?: string, env?: Record<string, string> }} options `env` is added to that of the plugin
 */
export const openLab = (
  base,
  { name, native, configToml, config = {}, onTool, executable = base.executable, env: more = {} },
) => {
  const dir = path.join(base.dir, name);
  const at = (/** @type {string[]} */ ...names) => path.join(dir, ...names);
  for (const folder of ['home', 'codex', 'tmp', 'profile/plugins/plexum-openai-provider'])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('codex/config.toml'), configToml);
  writeFileSync(at('codex-of-lab'), chooser(native), { mode: 0o755 });
  writeFileSync(
    at('profile/plugins/plexum-openai-provider/config.json'),
    JSON.stringify({ binary: at('codex-of-lab'), ...config }),
  );
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: at('home'),
    CODEX_HOME: at('codex'),
    PLEXUM_PROFILE_ROOT: at('profile'),
    TMPDIR: at('tmp'),
    ...more,
  };
  const find = () => processesOf(at('home'));
  return {
    name,
    at,
    env,
    home: at('home'),
    /** @param {string} workspace @param {{ fake?: boolean }} [options] */
    makeWorkspace: (workspace, { fake = false } = {}) => {
      mkdirSync(at(workspace), { recursive: true });
      if (fake) writeFileSync(at(workspace, '.fake'), '');
      return at(workspace);
    },
    start: () =>
      startPlugin(executable, { env, cwd: dir, ...(onTool === undefined ? {} : { onTool }) }),
    /** Ends what is left in it, and returns that. */
    clear: () => endAll(find),
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
};

/**
 * Ends what a run left when somebody interrupts it. @param {() => Iterable<Pick<Lab, 'clear'>>}
 * labs
 */
export const clearOnSignal = (labs) => {
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.once(
      name,
      () =>
        void Promise.all([...labs()].map((lab) => lab.clear())).finally(() => process.exit(130)),
    );
};
