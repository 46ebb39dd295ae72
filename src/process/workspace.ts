import { isDirectory } from './files.js';
/** Throws for a workspace that is none. */
export const checkWorkspace = (workspace: string): void => {
  if (!isDirectory(workspace))
    throw new WorkspaceError(
      `the agent workspace ${workspace} is not a directory; create it or correct it`,
    );
};

/** The agent's workspace is no folder that codex could work in. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError';
}
