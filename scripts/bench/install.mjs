// Packages of npm that the benchmark needs, installed on demand into folders that are not under
// version control.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * `versions` are exact, by name; `optional`: with the packages that are optional to them;
 * `lacking`: what is missing without them.
 * @typedef {{ folder: string, versions: Record<string, string>, optional?: boolean, lacking: string
 * }} Wanted
 */

/** @param {string} folder @param {string} name */
export const packageDir = (folder, name) => path.join(folder, 'node_modules', name);

/** @param {Wanted} wanted */
const isInstalled = async ({ folder, versions }) => {
  const there = await Promise.all(
    Object.entries(versions).map(([name, version]) =>
      readFile(path.join(packageDir(folder, name), 'package.json'), 'utf8').then(
        (text) => JSON.parse(text).version === version,
        () => false,
      ),
    ),
  );
  return there.every((one) => one);
};

/** @param {Wanted} wanted */
const installArgs = ({ folder, versions, optional = false }) => [
  'install',
  '--prefix',
  folder,
  ...(optional ? [] : ['--omit=optional']),
  '--no-save',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  ...Object.entries(versions).map(([name, version]) => `${name}@${version}`),
];

/**
 * Installs what is missing. The result is empty, or says what is absent and what to do.
 * @param {Wanted} wanted @param {(child: import('node:child_process').ChildProcess) => void}
 * started
 */
export const installed = async (wanted, started) => {
  if (await isInstalled(wanted)) return '';
  const { folder, versions, lacking } = wanted;
  await mkdir(folder, { recursive: true });
  const npm = spawn('npm', [...installArgs(wanted), '--fetch-retries=1', '--fetch-timeout=20000'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started(npm);
  let said = '';
  npm.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text));
  const problem = await once(npm, 'close').then(
    ([code]) => (code === 0 ? '' : said),
    (/** @type {unknown} */ error) => String(error),
  );
  if (await isInstalled(wanted)) return '';
  await rm(folder, { recursive: true, force: true });
  const reason =
    problem.split('\n').find((line) => /npm err/i.test(line)) ?? problem.split('\n')[0];
  const [[name, version] = []] = Object.entries(versions);
  return `${name} ${version} could not be installed (${reason}), so ${lacking}.
Where the npm registry is reachable (npm ping), run
  npm ${installArgs(wanted).join(' ')}
and start the benchmark again; or copy that folder here from a machine that has it.`;
};
