// What brings dist/ up to date, from nothing but Node and npm.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** @typedef {{ readonly command: string, readonly args: readonly string[] }} BuildStep */

/** Milliseconds; 0 for a file that does not exist. @param {string} file */
const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The names in a folder, without documents. @param {string} dir */
const codeIn = (dir) => readdirSync(dir).filter((name) => !name.endsWith('.md'));

/**
 * The newest time of a file, or of the files in a folder. @param {string} source @returns {number}
 */
const newestTime = (source) =>
  existsSync(source) && statSync(source).isDirectory()
    ? Math.max(0, ...codeIn(source).map((name) => newestTime(path.join(source, name))))
    : timeOf(source);

/**
 * The commands that bring dist/ of a checkout up to date; none when it is.
 *
 * @param {string} root @returns {BuildStep[]}
 */
export const buildSteps = (root) => {
  const at = (/** @type {string} */ name) => path.join(root, name);
  const builders = ['build.mjs', 'build', 'lib/shaken.mjs', 'lib/lean.mjs', 'lib/lean-execa.mjs'];
  const sources = [
    'src',
    'package.json',
    'package-lock.json',
    ...builders.map((name) => `scripts/${name}`),
  ].map(at);
  // The build writes the schema last.
  const isBuilt = existsSync(at('dist/install.cjs'));
  const builtAt = isBuilt ? timeOf(at('dist/config.schema.json')) : 0;
  if (sources.every((source) => newestTime(source) <= builtAt)) return [];
  // Not through a link: npm ci would empty the folder of another checkout.
  const isLink = lstatSync(at('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink();
  const hasDependencies =
    existsSync(at('node_modules/esbuild')) &&
    (isLink === true ||
      timeOf(at('package-lock.json')) <= timeOf(at('node_modules/.package-lock.json')));
  const install = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  return [
    ...(hasDependencies ? [] : [{ command: 'npm', args: install }]),
    { command: process.execPath, args: [at('scripts/build.mjs')] },
  ];
};

/** @param {BuildStep} step */
export const stepText = ({ command, args }) => [path.basename(command), ...args].join(' ');

/**
 * Runs a command with its output on stderr. Returns why it failed, else ''.
 *
 * @param {string} root @param {BuildStep} step
 */
export const runStep = (root, step) => {
  const { status, error } = spawnSync(step.command, step.args, {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (status === 0) return '';
  const cause = error === undefined ? '' : ` (${error.message})`;
  return `${stepText(step)} failed${cause}: see above`;
};
