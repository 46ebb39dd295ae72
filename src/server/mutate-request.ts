import path from 'node:path';
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import { KnownMutation, MutateParams, WithAgentId } from '../plexum/params.js';
import { invalidParams, type RpcError } from '../plexum/rpc-error.js';
import type { Mutation } from '../session/mutate-session.js';
import { explain } from '../text/explain.js';
import { workspaceProblem } from './workspace-problem.js';

/**
 * Checks the params of `plexum/session/mutate`. Left: the refusal. An unknown mutation is counted
 * and skipped.
 */
export const mutateRequest = (params: unknown): Either<RpcError, Mutation> => {
  const read = MutateParams.decode(params ?? {});
  if (isLeft(read)) return left(invalidParams(`codex: invalid params: ${explain(read.left)}`));
  const { workspace } = read.right;
  const mutations = read.right.mutations ?? [];
  const noPath = workspaceProblem(workspace);
  if (noPath !== undefined) return left(noPath);
  return right({
    agentId: WithAgentId.is(params) ? params.agent_id : '',
    workspace: path.resolve(workspace),
    requested: mutations.length,
    ops: new Map(
      mutations.flatMap((mutation) =>
        KnownMutation.is(mutation) ? [[mutation.block_id, mutation.op] as const] : [],
      ),
    ),
  });
};
