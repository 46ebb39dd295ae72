import { existsSync } from 'node:fs';
import path from 'node:path';

/** A folder and all folders above it, up to `top`. */
export const foldersUpTo = (folder: string, top?: string): string[] => {
  const parent = path.dirname(folder);
  return folder === top || parent === folder ? [folder] : [folder, ...foldersUpTo(parent, top)];
};

/** The root of the repository that a folder is in. */
export const rootOfRepository = (folder: string): string | undefined =>
  foldersUpTo(folder).find((each) => existsSync(path.join(each, '.git')));

/**
 * The folders of a project, from the workspace up to the root of its repository; only the workspace
 * when there is no repository.
 */
export const projectOf = (workspace: string): string[] =>
  foldersUpTo(workspace, rootOfRepository(workspace) ?? workspace);
