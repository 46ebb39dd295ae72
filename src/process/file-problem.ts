import { lstatSync, statSync } from 'node:fs';
import { codeOf, reasonOf } from '../text/explain.js';
import { isDirectory } from './files.js';

/** Of a path at which there is nothing, not even a link. */
export const ABSENT = 'does not exist';

/** What the system's reasons for a path that leads to no file mean, to continue the path. */
const PROBLEMS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', ABSENT],
  ['ENOTDIR', `${ABSENT}: a part of its path is no folder`],
  ['ELOOP', 'is a symbolic link in a loop of links'],
  ['EACCES', 'cannot be reached: this user may not enter a folder of its path'],
  ['ENAMETOOLONG', 'has a longer name than the system takes'],
]);

/** Why a path leads to nothing, to continue the path; `undefined` when it leads to something. */
export const pathProblem = (file: string): string | undefined => {
  try {
    statSync(file);
    return undefined;
  } catch (error) {
    const problem = PROBLEMS.get(codeOf(error)) ?? `cannot be used: ${reasonOf(error)}`;
    return problem === ABSENT && hasEntry(file)
      ? 'is a symbolic link to a path that does not exist'
      : problem;
  }
};

/** Why a path is no folder, to continue the path; `undefined` for a folder. */
export const folderProblem = (folder: string): string | undefined => {
  const problem = pathProblem(folder);
  return problem ?? (isDirectory(folder) ? undefined : 'is no folder');
};

/** Whether there is anything at a path, if only a link that leads to nothing. */
export const hasEntry = (file: string): boolean => {
  try {
    lstatSync(file);
    return true;
  } catch {
    return false;
  }
};

/** Codes of what the machine has run out of, and another try may find. */
const SHORTAGES = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'];

/** Whether the machine had no memory, process or descriptor left. */
export const isShortage = (error: unknown): boolean => SHORTAGES.includes(codeOf(error));
