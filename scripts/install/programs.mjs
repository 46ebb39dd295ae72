// The programs that the installed plugin needs: where they are, by paths that an upgrade does not
// change.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { OTHER_VERSIONS } from '../lib/codexes.mjs';
import { InstallError } from './install-error.mjs';
import { realOf } from './look.mjs';

/**
 * Milliseconds for `codex --version`, which takes about 10, and 130 through the script of the npm
 * package.
 */
const VERSION_TIMEOUT_MS = 10_000;
const OLDEST = OTHER_VERSIONS[0] ?? '';
const LOGIN = 'npm install -g @openai/codex@latest, then codex login';

/** @param {string} file */
const isProgram = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

/**
 * The programs of a name on PATH, the first one first. Folders below `notIn` (npm puts its own
 * there) and relative ones do not count.
 * @param {string} name @param {string} searched @param {string} notIn
 */
const onPath = (name, searched, notIn) =>
  searched
    .split(path.delimiter)
    .filter((dir) => path.isAbsolute(dir) && path.relative(notIn, realOf(dir)).startsWith('..'))
    // fnm makes a link for each shell, which goes with it.
    .map((dir) => path.join(dir.includes('fnm_multishells') ? realOf(dir) : dir, name))
    .filter(isProgram);

/**
 * The Node that runs this, under its name on PATH, which outlives upgrades, and under its own.
 * @param {string} searched @param {string} root @returns {string[]}
 */
export const findNodes = (searched, root) => {
  const entry = onPath('node', searched, root).find(
    (file) => realOf(file) === realOf(process.execPath),
  );
  return [...new Set([...(entry === undefined ? [] : [entry]), process.execPath])];
};

/**
 * Finds codex and looks at its version, as `owner`: it may be their program. `given` is a path that
 * has to be right; `configured` is "binary" of a config.json that is there.
 * @param {{ given: string | undefined, configured: string | undefined, searched: string, root:
 * string, owner: import('./owner.mjs').Owner | undefined }} options
 * @returns {{ file?: string, warning?: string }}
 */
export const findCodex = ({ given, configured, searched, root, owner }) => {
  if (given !== undefined && !isProgram(path.resolve(given)))
    throw new InstallError(`--codex ${given} is not an executable file`);
  const named = given === undefined ? (configured ?? 'codex') : path.resolve(given);
  const file = path.isAbsolute(named) ? named : onPath(named, searched, root)[0];
  if (file === undefined)
    return {
      warning: `there is no ${named} on PATH: ${LOGIN}; then set "binary" in config.json to its absolute path (systemd's PATH is short)`,
    };
  if (!isProgram(file))
    return {
      file,
      warning: `"binary" of config.json is ${file}, which is not an executable file: correct it, or ${LOGIN}`,
    };
  const warning = versionWarning(file, owner);
  return { file, ...(warning === undefined ? {} : { warning }) };
};

/** @param {string} file @param {import('./owner.mjs').Owner | undefined} owner */
const versionWarning = (file, owner) => {
  const { stdout, error } = spawnSync(file, ['--version'], {
    ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid, cwd: '/' }),
    encoding: 'utf8',
    timeout: VERSION_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const version = /\b\d+\.\d+\.\d+/.exec(stdout ?? '')?.[0];
  if (version === undefined)
    return `${file} --version does not tell a version${error ? ` (${error.message})` : ''}: is it codex? If not, ${LOGIN}`;
  return isOlder(version, OLDEST)
    ? `${file} is codex ${version}, and the plugin needs ${OLDEST} or newer: ${LOGIN}`
    : undefined;
};

/** @param {string} version @param {string} than */
const isOlder = (version, than) => version.localeCompare(than, 'en', { numeric: true }) < 0;
