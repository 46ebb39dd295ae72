import * as t from 'io-ts';

// The items of `codex exec --json` by `type`, recorded from codex 0.135.0 and 0.169.0. The codecs
// check only the fields that are read, so an item survives when codex adds or drops another field.

const AgentMessage = t.type({ type: t.literal('agent_message'), text: t.string });
const Reasoning = t.intersection([
  t.type({ type: t.literal('reasoning'), text: t.string }),
  // The text that the app-server has streamed before.
  t.partial({ streamed: t.string }),
]);
/** A warning. It does not fail the turn. */
const Warning = t.type({ type: t.literal('error'), message: t.string });

/** Tool items. Their canonical events come from the rollout, which has codex's own call ids. */
const toolItem = <T extends string>(type: T) => t.type({ type: t.literal(type) });
const CommandExecution = toolItem('command_execution');
const FileChange = toolItem('file_change');
const McpToolCall = toolItem('mcp_tool_call');
const WebSearch = toolItem('web_search');
const TodoList = toolItem('todo_list');
const CollabToolCall = toolItem('collab_tool_call');

export type CodexItem =
  | t.TypeOf<typeof AgentMessage>
  | t.TypeOf<typeof Reasoning>
  | t.TypeOf<typeof Warning>
  | t.TypeOf<typeof CommandExecution>
  | t.TypeOf<typeof FileChange>
  | t.TypeOf<typeof McpToolCall>
  | t.TypeOf<typeof WebSearch>
  | t.TypeOf<typeof TodoList>
  | t.TypeOf<typeof CollabToolCall>;

/**
 * `is` is much faster than `decode`, and true for nearly every line. `decode` explains the rest.
 */
export type Codec<A> = t.Decoder<unknown, A> & { readonly is: t.Is<A> };

export const itemCodecs: ReadonlyMap<string, Codec<CodexItem>> = new Map<string, Codec<CodexItem>>([
  ['agent_message', AgentMessage],
  ['reasoning', Reasoning],
  ['error', Warning],
  ['command_execution', CommandExecution],
  ['file_change', FileChange],
  ['mcp_tool_call', McpToolCall],
  ['web_search', WebSearch],
  ['todo_list', TodoList],
  ['collab_tool_call', CollabToolCall],
]);
