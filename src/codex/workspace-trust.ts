import path from 'node:path';
import * as t from 'io-ts';
import { overrideTexts } from '../arguments/codex-arguments.js';
import { NO_SANDBOX } from '../arguments/sandbox-argument.js';
import type { TransportName } from '../canonical/notice.js';
import { isDirectory, readSmallFile, realPath } from '../process/files.js';
import { type CodexSettings, parseSettings, tomlString } from './config-toml.js';
import { foldersUpTo, rootOfRepository } from './project.js';
import { codexCan } from './versions.js';

/** The trust that the plugin tells codex for a run; `unset` leaves it to the operator's config. */
export type Trust = 'unset' | 'trusted' | 'untrusted';

/** What decides about the trust of a workspace. */
interface TrustCase {
  readonly transport: TransportName;
  readonly version: string | undefined;
  /** Whether a sandbox restricts the run, or may. */
  readonly isSandboxed: boolean;
  /**
   * Whether the operator's `projects` table names the workspace, its real path or the root of its
   * repository. `undefined` for settings that cannot be read.
   */
  readonly isNamed: boolean | undefined;
  /** Whether a `.codex` folder lies in the workspace or in its repository. */
  readonly hasProjectConfig: boolean;
}

/**
 * Decides for both transports and every version what codex is told of the trust of a workspace:
 * never more than plain `codex exec` gives with the same flags (measured: src/codex/README.md).
 *
 * The operator's own word stands. Otherwise `codex exec` before 0.169 trusts the workspace, and
 * every app-server does, and both write that into the operator's config.toml, unless a run says
 * which trust it wants. Trust without a `.codex` folder has no effect but that AGENTS.md is read.
 */
const trustOf = (given: TrustCase): Trust => {
  const { transport, version, isSandboxed, isNamed, hasProjectConfig } = given;
  if (isNamed === true) return 'unset';
  const execTrusts = !codexCan(version, 'asksForTrust');
  if (transport === 'exec' && !execTrusts) return 'unset';
  if (!hasProjectConfig) return 'trusted';
  return execTrusts && !isSandboxed && isNamed === false ? 'trusted' : 'untrusted';
};

/** A trust, and the names of the workspace to which it applies. */
export interface WorkspaceTrust {
  readonly trust: Trust;
  /** A warning when codex is told to ignore a `.codex` folder. */
  readonly warning?: string;
  readonly names: readonly string[];
}

export interface TrustOptions {
  readonly transport: TransportName;
  readonly version: string | undefined;
  /** The sandbox of the run; `undefined` when only codex knows. */
  readonly sandbox: string | undefined;
  /** The folder of codex's own config. */
  readonly home: string;
  /** The operator's settings; `undefined` for those that cannot be read. */
  readonly settings: CodexSettings | undefined;
  /** The operator's arguments for codex, which may have a `projects` table of their own. */
  readonly extraArgs: readonly string[];
}

/** Decides about a workspace by what lies on disk now. */
export const readTrust = (workspace: string, options: TrustOptions): WorkspaceTrust => {
  const { home, settings, extraArgs, sandbox, ...known } = options;
  const real = realPath(workspace);
  const names = [...new Set([workspace, real])];
  const repository = repositoryOf(real);
  const tables = [settings, ...argumentTables(extraArgs)];
  const paths = [...names, ...(repository === undefined ? [] : [repository.root, repository.main])];
  const isNamed = tables.some((table) => table !== undefined && paths.some(namedIn(table)));
  // With other markers, or settings that cannot be read, the project may begin at any folder above.
  const isRootKnown = settings !== undefined && settings.project_root_markers === undefined;
  const folders = isRootKnown ? foldersUpTo(real, repository?.root ?? real) : foldersUpTo(real);
  const configs = folders.map((folder) => path.join(folder, '.codex'));
  const trust = trustOf({
    ...known,
    isSandboxed: sandbox !== NO_SANDBOX,
    isNamed: isNamed || (tables.includes(undefined) ? undefined : false),
    hasProjectConfig: configs.some(
      (each) => isDirectory(each) && realPath(each) !== realPath(home),
    ),
  });
  return trust === 'untrusted' ? { trust, names, warning: WARNING } : { trust, names };
};

const WARNING =
  'the workspace has a .codex folder that codex’s config.toml does not trust, so codex reads neither it nor AGENTS.md; to trust it, name the workspace in a projects table of config.toml';

/** The trust as `-c` overrides of one `codex exec`. */
export const trustOverride = ({ trust, names }: WorkspaceTrust): string[] => {
  if (trust === 'unset') return [];
  const levels = names.map((name) => `${tomlString(name)}={trust_level="${trust}"}`);
  return ['-c', `projects={${levels.join(',')}}`];
};

/** The trust as the config of one thread. */
export const threadTrust = ({ trust, names }: WorkspaceTrust): Record<string, unknown> =>
  trust === 'unset'
    ? {}
    : { projects: Object.fromEntries(names.map((name) => [name, { trust_level: trust }])) };

const Level = t.type({ trust_level: t.string });

const namedIn =
  ({ projects = {} }: CodexSettings) =>
  (name: string): boolean =>
    Object.hasOwn(projects, name) && Level.is(projects[name]);

/** The `projects` tables of `-c` arguments; `undefined` for one that cannot be read. */
const argumentTables = (args: readonly string[]): (CodexSettings | undefined)[] =>
  overrideTexts(args)
    .filter((text) => /^\s*projects\s*[.=]/.test(text))
    .map(parseSettings);

/**
 * The root of a repository; of a linked worktree, `main` is the root of the repository it is of.
 */
const repositoryOf = (
  folder: string,
): { readonly root: string; readonly main: string } | undefined => {
  const root = rootOfRepository(folder);
  return root === undefined ? undefined : { root, main: mainOf(root) };
};

/** Bytes of a `.git` file, which names a folder. */
const MAX_GIT_FILE = 4_096;

const mainOf = (root: string): string => {
  try {
    const text = readSmallFile(path.join(root, '.git'), MAX_GIT_FILE);
    const [, folder] = /^gitdir: (.*)\/\.git\/worktrees\/[^/\n]+\s*$/.exec(text) ?? [];
    return folder === undefined ? root : path.resolve(root, folder);
  } catch {
    return root;
  }
};
