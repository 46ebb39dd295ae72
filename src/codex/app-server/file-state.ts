import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

/** What tells whether somebody has written into a file. */
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

/** The state of what codex reads when it loads a thread. */
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

/** A folder and all that it lies in. */
const above = (folder: string): string[] =>
  path.dirname(folder) === folder ? [folder] : [folder, ...above(path.dirname(folder))];

/**
 * The folders of a project, from the workspace up to the root of its repository; without one, the
 * workspace.
 */
export const projectOf = (workspace: string): string[] => {
  const folders = above(workspace);
  const root = folders.findIndex((folder) => existsSync(path.join(folder, '.git')));
  return folders.slice(0, Math.max(0, root) + 1);
};
