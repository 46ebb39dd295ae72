import { isDirectory } from './files.js';

/** Throws `WorkspaceError` when the workspace is not a directory. */
export const checkWorkspace = (workspace: string): void => {
  if (!isDirectory(workspace))
    throw new WorkspaceError(
      `the agent workspace ${workspace} is not a directory; create it or correct it`,
    );
};

/** The workspace of the agent is not a directory. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError';
}
