import * as t from 'io-ts';
import { dropNulls } from '../canonical/drop-nulls.js';
import type { TurnEvent } from '../canonical/turn-event.js';
import { TurnRequest } from '../canonical/turn-request.js';

/** The agent of a turn. */
const Agent = t.partial(
  { agent_id: t.string, workspace: t.string, session_id: t.unknown },
  'an object',
);

/** The params of `plexum/provider/stream`. */
export const StreamParams = t.partial(
  { request: TurnRequest, model_id: t.string, agent: Agent },
  'an object',
);
export type StreamParams = t.TypeOf<typeof StreamParams>;

/** The keys that the plugin knows, of the params and of the agent in them. */
export const streamKeys = {
  params: Object.keys(StreamParams.props),
  agent: Object.keys(Agent.props),
} as const;

/** The params of `plexum/session/mutate`. */
export const MutateParams = t.type(
  {
    workspace: t.string,
    mutations: t.union(
      [t.array(t.unknown, 'an array of mutations'), t.null, t.undefined],
      'an array of mutations',
    ),
  },
  'an object',
);

/** Params with the id of the agent. */
export const WithAgentId = t.type({ agent_id: t.string });

/** A mutation that the plugin can do. */
export const KnownMutation = t.type({
  block_id: t.string,
  op: t.keyof({ 'consume-light': null, 'consume-heavy': null }),
});

/** The form of a mutation, whatever its op. */
export const AnyMutation = t.type({ block_id: t.string, op: t.string });

/**
 * The params of a turn without null fields: a host written in Go sends an absent field as null. A
 * null within a schema has a meaning; the messages have their own reader.
 */
export const withoutNulls = (params: unknown): unknown => dropNulls(params, LEVELS, KEPT);

const KEPT: ReadonlySet<string> = new Set([
  'inputSchema',
  'input_schema',
  'output_schema',
  'messages',
  'system',
]);

/** The fields of a tool are four levels below the params. */
const LEVELS = 5;

/** The params of an event of a turn: `seq` counts the events of the request from 0. */
export const eventParams = (requestId: unknown, seq: number, event: TurnEvent) => ({
  request_id: requestId,
  seq,
  event,
});

/** The params of a call of a host's tool: MCP wants the agent in `_meta`. */
export const toolParams = <T extends { readonly agent_id: string }>(call: T) => ({
  ...call,
  _meta: { agent_id: call.agent_id },
});
