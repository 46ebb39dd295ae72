// The built plugin in dist/: whether it is fresh, how it is made so, and its files.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { InstallError } from './install-error.mjs';

export const EXECUTABLE = 'plexum-openai-provider-plugin';
export const SCHEMA = 'config.schema.json';

/**
 * `version` is a name for exactly these files. `files` are what runs, `schema` is for editors.
 * @typedef {{ version: string, files: Map<string, Buffer>, schema: Buffer }} Built
 */

/**
 * The commands that bring dist/ up to date, in order; none when it is.
 * @param {string} root @returns {{ command: string, args: string[] }[]}
 */
export const missingSteps = (root) => {
  const at = (/** @type {string} */ name) => path.join(root, name);
  const sources = ['src', 'package.json', 'scripts/build.mjs', 'scripts/lib/shaken.mjs'].map(at);
  const builtAt = timeOf(at(`dist/${SCHEMA}`));
  if (sources.every((source) => newest(source) <= builtAt)) return [];
  const build = { command: process.execPath, args: [at('scripts/build.mjs')] };
  const isInstalled =
    existsSync(at('node_modules/esbuild')) &&
    timeOf(at('package-lock.json')) <= timeOf(at('node_modules/.package-lock.json'));
  return isInstalled
    ? [build]
    : [
        {
          command: 'npm',
          args: ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
        },
        build,
      ];
};

/** Milliseconds; 0 for what is not there. @param {string} file */
const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** @param {string} source @returns {number} */
const newest = (source) =>
  existsSync(source) && statSync(source).isDirectory()
    ? Math.max(0, ...readdirSync(source).map((name) => newest(path.join(source, name))))
    : timeOf(source);

/**
 * Runs a command with its output on stderr. Throws `InstallError`.
 * @param {string} root @param {{ command: string, args: string[] }} step
 */
export const runStep = (root, { command, args }) => {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (status !== 0)
    throw new InstallError(
      `${[path.basename(command), ...args].join(' ')} failed${error ? ` (${error.message})` : ''}: see above`,
    );
};

/** @param {string} root @returns {Built} */
export const readBuilt = (root) => {
  const dist = path.join(root, 'dist');
  const names = readdirSync(dist).filter((name) => name !== SCHEMA);
  const files = new Map(
    names.toSorted().map((name) => [name, readFileSync(path.join(dist, name))]),
  );
  const digest = createHash('sha256');
  for (const [name, bytes] of files) digest.update(`${name}\0${bytes.length}\0`).update(bytes);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return {
    version: `${version}-${digest.digest('hex').slice(0, 12)}`,
    files,
    schema: readFileSync(path.join(dist, SCHEMA)),
  };
};

/**
 * `manifest.json` for a profile, from the built plugin; so this shows that it runs, too.
 * `complaint` is what it says about the profile's config.json.
 * @param {string} root @param {string} profile @returns {{ manifest: string, complaint: string }}
 */
export const manifestOf = (root, profile) => {
  const env = { ...process.env, PLEXUM_PROFILE_ROOT: profile };
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [path.join(root, 'dist', EXECUTABLE), 'manifest'],
    { env, encoding: 'utf8' },
  );
  if (status !== 0)
    throw new InstallError(`the built plugin does not run: ${error?.message ?? stderr.trim()}`);
  return { manifest: stdout, complaint: stderr.trim() };
};
