import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { lastChange } from '../rollout/rollout-changes.js';

/** The state of a file, which changes with every write; `undefined` without a file. */
export const stateOf = (find: () => string | undefined): string | undefined => {
  try {
    const file = find();
    if (file === undefined) return undefined;
    // Most of the files do not exist, and an error costs more than all of the calls.
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat && [stat.ino, stat.size, stat.mtimeMs].join(':');
  } catch {
    return undefined;
  }
};

/** The file in a state of it: a file that takes its place has another one. */
export const inodeOf = (state: string | undefined): string | undefined => state?.split(':', 1)[0];

/** The last change of a rollout by a plugin; `undefined` without a change or a rollout. */
export const changeOf = (find: () => string | undefined): string | undefined => {
  try {
    const file = find();
    return file === undefined ? undefined : lastChange(file);
  } catch {
    return undefined;
  }
};

/** The folder of the machine's own files for codex. */
const SYSTEM_FOLDER = '/etc/codex';

/** The machine's own settings and requirements for codex. */
export const systemFiles = (folder = SYSTEM_FOLDER): string[] =>
  ['config.toml', 'managed_config.toml', 'requirements.toml'].map((name) =>
    path.join(folder, name),
  );

/**
 * The state of the files that codex reads when it loads a thread: settings, instructions, hooks and
 * rules of its home, of the machine and of the project.
 */
export const filesOf = (home: string, workspace: string, systemFolder = SYSTEM_FOLDER): string =>
  [
    ...systemFiles(systemFolder),
    ...layerFiles(home),
    ...layerFiles(systemFolder),
    ...[home, ...above(workspace)].flatMap((folder) => [
      ...INSTRUCTIONS.map((name) => path.join(folder, name)),
      ...layerFiles(path.join(folder, '.codex')),
    ]),
  ]
    .map((file) => stateOf(() => file) ?? '')
    .join();

const INSTRUCTIONS = ['AGENTS.md', 'AGENTS.override.md'];

/** The files of a folder with settings. A changed rule leaves the time of its folder as it is. */
const layerFiles = (folder: string): string[] => [
  path.join(folder, 'config.toml'),
  path.join(folder, 'hooks.json'),
  ...namesIn(path.join(folder, 'rules')),
];

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
};

/** A folder and its parents. */
const above = (folder: string): string[] =>
  path.dirname(folder) === folder ? [folder] : [folder, ...above(path.dirname(folder))];

/**
 * The folders of a project, from the workspace up to the root of its repository; only the workspace
 * when there is no repository.
 */
export const projectOf = (workspace: string): string[] => {
  const folders = above(workspace);
  const root = folders.findIndex((folder) => existsSync(path.join(folder, '.git')));
  return folders.slice(0, Math.max(0, root) + 1);
};
