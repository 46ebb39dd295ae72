import * as t from 'io-ts';

/**
 * The kinds of records in the recordings of 0.135.0 and 0.169.0 (marble-tests/fixtures). Events and
 * items include the type of their payload.
 */
const recorded = [
  'compacted',
  'event_msg/agent_message',
  'event_msg/agent_reasoning',
  'event_msg/context_compacted',
  'event_msg/item_completed',
  'event_msg/mcp_tool_call_end',
  'event_msg/patch_apply_end',
  'event_msg/task_complete',
  'event_msg/task_started',
  'event_msg/thread_settings_applied',
  'event_msg/token_count',
  'event_msg/turn_aborted',
  'event_msg/user_message',
  'event_msg/web_search_end',
  'response_item/additional_tools',
  'response_item/custom_tool_call',
  'response_item/custom_tool_call_output',
  'response_item/function_call',
  'response_item/function_call_output',
  'response_item/message',
  'response_item/reasoning',
  'response_item/web_search_call',
  'session_meta',
  'token_usage_record',
  'turn_context',
  'world_state',
];

/**
 * Kinds that codex's protocol allows in a rollout, and that no recording has: they need other
 * tools, a review, or a rollback by a person.
 */
const documented = [
  'event_msg/agent_reasoning_raw_content',
  'event_msg/entered_review_mode',
  'event_msg/exited_review_mode',
  'event_msg/image_generation_end',
  'event_msg/sub_agent_activity',
  'event_msg/thread_goal_updated',
  'event_msg/thread_rolled_back',
  'inter_agent_communication',
  'inter_agent_communication_metadata',
  'response_item/agent_message',
  'response_item/compaction',
  'response_item/context_compaction',
  'response_item/ghost_snapshot',
  'response_item/image_generation_call',
  'response_item/local_shell_call',
  'response_item/tool_search_call',
  'response_item/tool_search_output',
];

const known: ReadonlySet<string> = new Set([...recorded, ...documented]);

const Tagged = t.type({ type: t.string });
const WithPayload = t.type({ payload: Tagged });

/** The kind of a record when it is unknown, for example `record event_msg/later`. */
export const unknownRecord = (value: unknown): string | undefined => {
  if (!Tagged.is(value)) return undefined;
  const isOuter = value.type === 'event_msg' || value.type === 'response_item';
  const kind =
    isOuter && WithPayload.is(value) ? `${value.type}/${value.payload.type}` : value.type;
  return known.has(kind) || kind === 'event_msg' || kind === 'response_item'
    ? undefined
    : `record ${kind}`;
};
