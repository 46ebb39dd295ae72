import path from 'node:path';
import { invalidParams, type RpcError } from '../plexum/rpc-error.js';
import { excerpt } from '../text/explain.js';

/**
 * The refusal of a workspace that is no absolute path. No path has a NUL, and a path with half a
 * character would name another folder.
 */
export const workspaceProblem = (workspace: string): RpcError | undefined =>
  path.isAbsolute(workspace) && !workspace.includes('\0') && workspace.isWellFormed()
    ? undefined
    : invalidParams(
        `codex: the agent workspace must be an absolute path, got ${excerpt(workspace, 200)}`,
      );
