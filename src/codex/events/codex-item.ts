import * as t from 'io-ts';

/**
 * The items of a turn as `codex exec --json` prints them, by their `type`. Only the fields that are
 * read are asked for, so that a field that codex adds or drops loses no item. The shapes were
 * recorded from codex 0.135.0 and 0.169.0.
 */
const AgentMessage = t.type({ type: t.literal('agent_message'), text: t.string });
const Reasoning = t.type({ type: t.literal('reasoning'), text: t.string });
/** A warning of codex, not a failure of the turn. */
const Warning = t.type({ type: t.literal('error'), message: t.string });

/** Items whose canonical form comes from the rollout, where they have codex's own call ids. */
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
 * `is` costs a fraction of `decode` and says yes to nearly every line; `decode` says what is wrong
 * with the others.
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
