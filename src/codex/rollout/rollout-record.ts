import * as t from 'io-ts';

const FunctionCall = t.intersection([
  t.type({
    type: t.literal('function_call'),
    call_id: t.string,
    name: t.string,
    arguments: t.string,
  }),
  t.partial({ namespace: t.union([t.string, t.null]) }),
]);
const CustomToolCall = t.intersection([
  t.type({
    type: t.literal('custom_tool_call'),
    call_id: t.string,
    name: t.string,
    input: t.string,
  }),
  t.partial({ namespace: t.union([t.string, t.null]) }),
]);
const LocalShellCall = t.type({
  type: t.literal('local_shell_call'),
  call_id: t.string,
  action: t.unknown,
});

/** A tool call of the model. Its `call_id` is known to codex and to the host. */
export const Call = t.union([FunctionCall, CustomToolCall, LocalShellCall]);
export type Call = t.TypeOf<typeof Call>;

/** The output of a call that the model sees: text, parts, or (older) an object. */
export const Output = t.type({
  type: t.keyof({ function_call_output: null, custom_tool_call_output: null }),
  call_id: t.string,
  output: t.unknown,
});
export type Output = t.TypeOf<typeof Output>;

const Tokens = t.UnknownRecord;

/** The tokens of one request to the model. 0.169 writes it, 0.150.1 does not. */
export const UsageRecord = t.type({
  type: t.literal('token_usage_record'),
  payload: t.type({ thread_id: t.string, usage: Tokens }),
});

/** The thread's running total, in every version. `info` is null until the first total. */
export const TokenCount = t.type({
  type: t.literal('event_msg'),
  payload: t.type({ type: t.literal('token_count'), info: t.type({ total_token_usage: Tokens }) }),
});

/** The beginning of a turn. */
export const TaskStarted = t.type({
  type: t.literal('event_msg'),
  payload: t.type({ type: t.literal('task_started'), turn_id: t.string }),
});

export const ResponseItem = t.type({
  type: t.literal('response_item'),
  payload: t.type({ type: t.string }),
});

/** The result of a call as an event: 0.135 writes it for MCP and patches, 0.169 for every kind. */
const CallEnded = t.type({
  type: t.literal('event_msg'),
  payload: t.union([
    t.type({ type: t.literal('item_completed'), item: t.type({ id: t.string, status: t.string }) }),
    t.type({ type: t.literal('mcp_tool_call_end'), call_id: t.string, result: t.UnknownRecord }),
    t.type({ type: t.literal('patch_apply_end'), call_id: t.string, success: t.boolean }),
  ]),
});

const FailedResult = t.type({ Ok: t.type({ isError: t.literal(true) }) });

/** The id of the call that this record reports as failed. */
export const failedCall = (record: unknown): string | undefined => {
  if (!CallEnded.is(record)) return undefined;
  const { payload } = record;
  switch (payload.type) {
    case 'item_completed':
      return payload.item.status === 'failed' || payload.item.status === 'declined'
        ? payload.item.id
        : undefined;
    case 'mcp_tool_call_end':
      return 'Err' in payload.result || FailedResult.is(payload.result)
        ? payload.call_id
        : undefined;
    case 'patch_apply_end':
      return payload.success ? undefined : payload.call_id;
  }
};
