import path from 'node:path';
import { invalidParams, type RpcError } from '../plexum/rpc-error.js';
import { excerpt } from '../text/explain.js';
import { textProblem } from '../text/text-problem.js';

/**
 * The refusal of a workspace that is no absolute path. No path has a NUL, and a path with half a
 * character would name another folder.
 */
export const workspaceProblem = (workspace: string): RpcError | undefined => {
  const shown = excerpt(workspace, 200);
  if (!path.isAbsolute(workspace))
    return invalidParams(`codex: the agent workspace must be an absolute path, got ${shown}`);
  const problem = textProblem(workspace);
  return problem === undefined
    ? undefined
    : invalidParams(`codex: the agent workspace ${problem}: ${shown}`);
};
