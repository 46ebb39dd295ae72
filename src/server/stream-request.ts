import path from 'node:path';
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { TurnRequest } from '../canonical/turn-request.js';
import { type ModelArgs, modelFlag } from '../codex/exec/model-flag.js';
import { outputSchema } from '../codex/output-schema.js';
import { StreamParams, withoutNulls } from '../plexum/params.js';
import { invalidParams, type RpcError } from '../plexum/rpc-error.js';
import { explain } from '../text/explain.js';
import { tooLong } from '../turn/failures.js';
import { isTooLong, systemText, userInput } from '../turn/prompt.js';
import type { Turn } from '../turn/run-turn.js';
import { workspaceProblem } from './workspace-problem.js';

/** Checks the params of `plexum/provider/stream`. Left: the refusal; no turn starts. */
export const streamRequest = (params: unknown, modelArgs: ModelArgs): Either<RpcError, Turn> => {
  const read = StreamParams.decode(withoutNulls(params ?? {}));
  if (isLeft(read)) return left(invalidParams(`codex: invalid params: ${explain(read.left)}`));
  const { request = {}, agent, model_id: modelId = '' } = read.right;
  const workspace = agent?.workspace ?? '';
  if (workspace === '')
    return left(invalidParams('codex: agent workspace required (host must supply AgentContext)'));
  const noPath = workspaceProblem(workspace);
  if (noPath !== undefined) return left(noPath);
  const { text, images } = userInput(request);
  const system = systemText(request);
  const { earlier = [] } = request.messages ?? {};
  if (text.trim() === '') return left(invalidParams('codex: no user text in request messages'));
  if (isTooLong(text)) return left(invalidParams(tooLong().message, 'prompt_too_large'));
  const flag = modelFlag(modelId, modelArgs);
  if ('refused' in flag) return left(invalidParams(flag.refused));
  const schema =
    request.output_schema === undefined ? right(undefined) : outputSchema(request.output_schema);
  if (isLeft(schema)) return left(invalidParams(`codex: output_schema: ${schema.left}`));
  return right({
    agentId: agent?.agent_id ?? '',
    modelId: modelId === '' ? 'codex' : modelId,
    model: flag.model,
    ...(flag.args === undefined ? {} : { modelArgs: flag.args }),
    ...(schema.right === undefined ? {} : { outputSchema: schema.right }),
    workspace: path.resolve(workspace),
    text,
    images,
    tools: toolsOf(request),
    ...(earlier.length === 0 ? {} : { earlier }),
    ...(system === '' ? {} : { system }),
  });
};

const toolsOf = ({ tools = [] }: TurnRequest): readonly unknown[] =>
  Array.isArray(tools) ? tools : [tools];
