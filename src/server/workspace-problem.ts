import path from 'node:path';
import { invalidParams, type RpcError } from '../plexum/rpc-error.js';
import { excerpt } from '../text/explain.js';
import { textProblem } from '../text/text-problem.js';

/** The longest path of Linux in bytes, without its NUL. macOS takes less, and says so. */
const MAX_PATH = 4_095;

/**
 * The refusal of a workspace that is no absolute path, or longer than one can be: its folders are
 * looked at one by one. No path has a NUL, and a path with half a character would name another
 * folder.
 */
export const workspaceProblem = (workspace: string): RpcError | undefined => {
  const shown = excerpt(workspace, 200);
  if (!path.isAbsolute(workspace))
    return invalidParams(`codex: the agent workspace must be an absolute path, got ${shown}`);
  const bytes = Buffer.byteLength(workspace);
  const problem =
    bytes > MAX_PATH
      ? `has ${bytes} bytes, and a path has at most ${MAX_PATH}`
      : textProblem(workspace);
  return problem === undefined
    ? undefined
    : invalidParams(`codex: the agent workspace ${problem}: ${shown}`);
};
