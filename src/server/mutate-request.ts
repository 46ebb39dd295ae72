import path from 'node:path';
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { invalidParams, type RpcError } from '../plexum/rpc-error.js';
import type { Mutation } from '../session/mutate-session.js';
import { explain } from '../text/explain.js';
import { workspaceProblem } from './workspace-problem.js';

const Params = t.type(
  {
    workspace: t.string,
    mutations: t.union(
      [t.array(t.unknown, 'an array of mutations'), t.null, t.undefined],
      'an array of mutations',
    ),
  },
  'an object',
);
const Agent = t.type({ agent_id: t.string });
const Known = t.type({
  block_id: t.string,
  op: t.keyof({ 'consume-light': null, 'consume-heavy': null }),
});

/**
 * Checks the params of `plexum/session/mutate`. Left: the refusal. An unknown mutation is counted
 * and skipped.
 */
export const mutateRequest = (params: unknown): Either<RpcError, Mutation> => {
  const read = Params.decode(params ?? {});
  if (isLeft(read)) return left(invalidParams(`codex: invalid params: ${explain(read.left)}`));
  const { workspace } = read.right;
  const mutations = read.right.mutations ?? [];
  const noPath = workspaceProblem(workspace);
  if (noPath !== undefined) return left(noPath);
  return right({
    agentId: Agent.is(params) ? params.agent_id : '',
    workspace: path.resolve(workspace),
    requested: mutations.length,
    ops: new Map(
      mutations.flatMap((mutation) =>
        Known.is(mutation) ? [[mutation.block_id, mutation.op] as const] : [],
      ),
    ),
  });
};
