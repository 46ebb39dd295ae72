import fc from 'fast-check';
import { anyJson, linesOf, list, mostly, shape, word } from './json-text.js';

export const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const call_id = word('call_1', 'call_2', 'call_ü', 'a"b\\', '');
const part = shape({
  type: word('input_text', 'output_text', 'input_image', 'later'),
  text: word('x', ''),
  image_url: word('data:image/png;base64,AA', 'data:', 'http://x'),
});
/** The output of a call in a form that codex writes, with some variations. */
export const output = fc.oneof(
  word('ok', '', 'aborted', 'Wall time: 1\nProcess exited with code 1\n'),
  list(part),
  shape({
    content: fc.oneof(word('x'), list(part), shape({ content: word('x') })),
    success: fc.constantFrom('true', 'false', 'null'),
  }),
);
const item = fc.oneof(
  shape({
    type: word('function_call'),
    name: word('shell'),
    namespace: fc.oneof(word('mcp__x'), fc.constant('null')),
    arguments: word('{}', 'no'),
    call_id,
  }),
  shape({ type: word('custom_tool_call'), name: word('exec'), input: word('text("x")'), call_id }),
  shape({
    type: word('local_shell_call'),
    call_id,
    action: shape({ type: word('exec'), command: list(word('ls')) }),
  }),
  shape({ type: word('function_call_output', 'custom_tool_call_output'), call_id, output }),
  shape({ type: word('message'), role: word('assistant', 'user'), content: list(part) }),
  shape({ type: word('reasoning'), summary: list(part) }),
  shape({ type: word('web_search_call', 'mcp_tool_call', 'later_call'), call_id }),
);
const tokens = fc.constantFrom('0', '10', '9007199254740993', '1e400', '-3');
const usage = shape({
  input_tokens: tokens,
  cached_input_tokens: tokens,
  output_tokens: tokens,
  reasoning_output_tokens: tokens,
});

/** A record of a rollout as JSON text, with some variations. */
export const record = fc.oneof(
  { weight: 6, arbitrary: shape({ type: word('response_item'), payload: item }) },
  {
    weight: 2,
    arbitrary: shape({
      type: word('compacted'),
      payload: shape({ message: word(''), replacement_history: list(item) }),
    }),
  },
  {
    weight: 1,
    arbitrary: shape({
      type: word('token_usage_record'),
      payload: shape({ thread_id: word(THREAD), usage }),
    }),
  },
  {
    weight: 1,
    arbitrary: shape({
      type: word('event_msg'),
      payload: shape({ type: word('token_count'), info: shape({ total_token_usage: usage }) }),
    }),
  },
  {
    weight: 1,
    arbitrary: shape({
      type: word('event_msg'),
      payload: shape({
        type: word('mcp_tool_call_end', 'patch_apply_end'),
        call_id,
        result: shape({ Ok: shape({ isError: fc.constantFrom('true', 'false') }) }),
        success: fc.constant('false'),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: shape({
      type: word('event_msg'),
      payload: shape({
        type: word('item_completed'),
        item: shape({ id: call_id, status: word('failed', 'completed') }),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: shape({
      type: word('event_msg'),
      payload: shape({
        type: word('task_started', 'task_complete', 'turn_aborted', 'thread_rolled_back'),
        turn_id: word('U'),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: shape({
      type: word('event_msg'),
      payload: shape({
        type: word('agent_message', 'token_count', 'image_generation_end'),
        call_id,
      }),
    }),
  },
  { weight: 1, arbitrary: mostly(anyJson) },
);

/** The bytes of a rollout. */
export const records = linesOf(record, 12);
