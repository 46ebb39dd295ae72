import path from 'node:path';
import { isOlder, parseVersion } from '../../codex/version.js';
import { OLDEST } from '../../codex/versions.js';
import { isProgram } from '../../process/files.js';
import { resolveLinks } from './disk.js';
import { InstallError } from './install-error.js';
import { type Owner, runAs } from './owner.js';
import { runProgram } from './run-program.js';

const LOGIN = 'npm install -g @openai/codex@latest, then codex login';

/**
 * The programs of a name on PATH, in its order. Relative folders and folders below `ignored` do not
 * count: npm puts the project's own there.
 */
const programsOnPath = (name: string, searchPath: string, ignored: string): string[] =>
  searchPath
    .split(path.delimiter)
    .filter(
      (dir) => path.isAbsolute(dir) && path.relative(ignored, resolveLinks(dir)).startsWith('..'),
    )
    // fnm makes a link per shell, and removes it when the shell exits.
    .map((dir) => path.join(dir.includes('fnm_multishells') ? resolveLinks(dir) : dir, name))
    .filter(isProgram);

/**
 * The running Node, first by its name on PATH, which survives upgrades, then by its own path.
 * Programs below `root` do not count.
 */
export const findNodes = (searchPath: string, root: string): string[] => {
  const entry = programsOnPath('node', searchPath, root).find(
    (file) => resolveLinks(file) === resolveLinks(process.execPath),
  );
  return [...new Set([...(entry === undefined ? [] : [entry]), process.execPath])];
};

interface CodexSearch {
  /** `--codex`, which must be an executable file. */
  readonly given: string | undefined;
  /** `binary` of the profile's config.json. */
  readonly configured: string | undefined;
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Codex is started as this user, since it may be a program of theirs. */
  readonly owner: Owner | undefined;
}

/** Finds codex and checks its version. Throws `InstallError` when `given` is not a program. */
export const findCodex = ({
  given,
  configured,
  root,
  env,
  owner,
}: CodexSearch): { readonly file?: string; readonly warning?: string } => {
  if (given !== undefined && !isProgram(path.resolve(given)))
    throw new InstallError(`--codex ${given} is not an executable file`);
  const name = given === undefined ? (configured ?? 'codex') : path.resolve(given);
  const file = path.isAbsolute(name) ? name : programsOnPath(name, env['PATH'] ?? '', root)[0];
  if (file === undefined)
    return {
      warning: `there is no ${name} on PATH: ${LOGIN}; then set "binary" in config.json to its absolute path (systemd's PATH is short)`,
    };
  if (!runAs(owner, () => isProgram(file)))
    return {
      file,
      warning: `"binary" of config.json is ${file}, which is not an executable file: correct it, or ${LOGIN}`,
    };
  const warning = versionWarning(file, env, owner);
  return { file, ...(warning === undefined ? {} : { warning }) };
};

const versionWarning = (
  file: string,
  env: NodeJS.ProcessEnv,
  owner: Owner | undefined,
): string | undefined => {
  const { stdout, problem = '' } = runProgram(file, ['--version'], env, owner);
  const version = parseVersion(stdout);
  if (version === undefined)
    return `${file} --version does not tell a version${problem === '' ? '' : ` (${problem})`}: is it codex? If not, ${LOGIN}`;
  return isOlder(version, OLDEST)
    ? `${file} is codex ${version}, and the plugin needs ${OLDEST} or newer: ${LOGIN}`
    : undefined;
};
