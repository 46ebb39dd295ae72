import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { lastChange } from '../rollout/rollout-changes.js';

/** The state of a file, which changes with every write; `undefined` without a file. */
export const stateOf = (find: () => string | undefined): string | undefined => {
  try {
    const file = find();
    if (file === undefined) return undefined;
    const { ino, size, mtimeMs } = statSync(file);
    return [ino, size, mtimeMs].join(':');
  } catch {
    return undefined;
  }
};

/** The last change of a rollout by a plugin; `undefined` without a change or a rollout. */
export const changeOf = (find: () => string | undefined): string | undefined => {
  try {
    const file = find();
    return file === undefined ? undefined : lastChange(file);
  } catch {
    return undefined;
  }
};

/** The state of the files that codex reads when it loads a thread. */
export const filesOf = (home: string, workspace: string): string =>
  [
    path.join(home, 'config.toml'),
    ...[home, ...above(workspace)].flatMap((folder) =>
      INSTRUCTIONS.map((name) => path.join(folder, name)),
    ),
  ]
    .map((file) => stateOf(() => file) ?? '')
    .join();

const INSTRUCTIONS = ['AGENTS.md', 'AGENTS.override.md', '.codex/config.toml'];

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
