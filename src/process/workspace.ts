import { lstatSync, type Stats } from 'node:fs';
import { reasonOf } from '../text/explain.js';
import { absentPartsOf, createFolder } from './create-folder.js';
import { ABSENT, pathProblem } from './file-problem.js';
import { isDirectory } from './files.js';

/** The workspace of the agent is not a directory. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError';
}

/** The workspace of the agent cannot be created. The message says what stands in the way. */
export class CreateWorkspaceError extends Error {
  override readonly name = 'CreateWorkspaceError';
}

/** Throws `WorkspaceError` when the workspace is not a directory that this user may enter. */
export const checkWorkspace = (workspace: string): void => {
  if (isDirectory(workspace)) {
    const closed = closedReason(workspace);
    if (closed !== undefined) throw new WorkspaceError(closed);
    return;
  }
  const problem = pathProblem(workspace) ?? ABSENT;
  throw new WorkspaceError(
    `the agent workspace ${workspace} ${problem === ABSENT ? 'is not a directory' : problem}; create it or correct it`,
  );
};

/**
 * Creates an absent workspace with its parents, with mode 0755 less the umask, as `os.MkdirAll` of
 * Go does. Throws `CreateWorkspaceError` when that fails, or when this user may not enter it.
 */
export const createWorkspace = (workspace: string): void => {
  try {
    createFolder(workspace, 0o755);
  } catch (error) {
    const folder = absentPartsOf(workspace)[0] ?? workspace;
    throw new CreateWorkspaceError(
      `the agent workspace ${workspace} ${reasonFor(workspace, folder, error)}; correct the path, or create the folder for the user of the plugin`,
    );
  }
  const closed = closedReason(workspace);
  if (closed !== undefined) throw new CreateWorkspaceError(closed);
};

/** Why codex cannot work in a directory: the system would say so of codex, not of the directory. */
const closedReason = (workspace: string): string | undefined => {
  const problem = pathProblem(`${workspace}/.`);
  return problem === undefined
    ? undefined
    : `the agent workspace ${workspace} ${problem}; correct the path, or change the rights of the folder for the user of the plugin`;
};

const reasonFor = (workspace: string, folder: string, error: unknown): string => {
  const stat = statOf(folder);
  if (stat === undefined) return `cannot be created: ${reasonOf(error)}`;
  const what = stat.isSymbolicLink() ? 'a link that leads to no directory' : 'no directory';
  return folder === workspace ? `is ${what}` : `cannot be created: ${folder} is ${what}`;
};

const statOf = (file: string): Stats | undefined => {
  try {
    return lstatSync(file);
  } catch {
    return undefined;
  }
};
