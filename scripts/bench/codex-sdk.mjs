// The peer, installed on demand into a folder that is not under version control.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const SDK = '@openai/codex-sdk';
export const SDK_VERSION = '0.163.0';

/**
 * The part of codex-sdk that is used.
 * @typedef {{ type: string, item?: { type: string, text?: string } }} SdkEvent
 * @typedef {{ runStreamed: (input: string) => Promise<{ events: AsyncGenerator<SdkEvent> }> }} SdkThread
 * @typedef {{ startThread: (options: { workingDirectory: string, skipGitRepoCheck: boolean }) => SdkThread }} SdkCodex
 * @typedef {{ Codex: new (options: { codexPathOverride: string }) => SdkCodex }} Sdk
 */

const packageDir = (/** @type {string} */ folder) => path.join(folder, 'node_modules', SDK);

const isInstalled = (/** @type {string} */ folder) =>
  readFile(path.join(packageDir(folder), 'package.json'), 'utf8').then(
    (text) => JSON.parse(text).version === SDK_VERSION,
    () => false,
  );

/** Without the optional packages: they are 400 MB of codex, and the SDK gets its codex from us. */
const installArgs = (/** @type {string} */ folder) => [
  'install',
  '--prefix',
  folder,
  '--omit=optional',
  '--no-save',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  `${SDK}@${SDK_VERSION}`,
];

/**
 * Installs the peer where it is missing. The result is empty, or says why the peer is absent and what to do.
 * @param {string} folder @param {(child: import('node:child_process').ChildProcess) => void} started
 */
export const installSdk = async (folder, started) => {
  if (await isInstalled(folder)) return '';
  await mkdir(folder, { recursive: true });
  const npm = spawn('npm', [...installArgs(folder), '--fetch-retries=1', '--fetch-timeout=20000'], { stdio: ['ignore', 'ignore', 'pipe'] });
  started(npm);
  let said = '';
  npm.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const problem = await once(npm, 'close').then(
    ([code]) => (code === 0 ? '' : said),
    (/** @type {Error} */ error) => error.message,
  );
  if (await isInstalled(folder)) return '';
  await rm(folder, { recursive: true, force: true });
  const reason = problem.split('\n').find((line) => /npm err/i.test(line)) ?? problem.split('\n')[0];
  return `${SDK} ${SDK_VERSION} could not be installed (${reason}), so the rows against it show our side only.
Where the npm registry is reachable (npm ping), run
  npm ${installArgs(folder).join(' ')}
and start the benchmark again; or copy that folder here from a machine that has it.`;
};

/** @param {string} folder @returns {Promise<Sdk>} */
export const loadSdk = (folder) => import(pathToFileURL(path.join(packageDir(folder), 'dist/index.js')).href);
