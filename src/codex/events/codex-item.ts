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

/** Every kind of item by its `type`: its codec, and whether it is text or a tool that runs. */
const kinds = {
  agent_message: { codec: AgentMessage, is: 'text' },
  reasoning: { codec: Reasoning, is: 'text' },
  error: { codec: Warning, is: 'text' },
  command_execution: { codec: toolItem('command_execution'), is: 'tool' },
  file_change: { codec: toolItem('file_change'), is: 'tool' },
  mcp_tool_call: { codec: toolItem('mcp_tool_call'), is: 'tool' },
  web_search: { codec: toolItem('web_search'), is: 'tool' },
  collab_tool_call: { codec: toolItem('collab_tool_call'), is: 'tool' },
  // A call of the model that takes no time.
  todo_list: { codec: toolItem('todo_list'), is: 'plan' },
} as const;

export type CodexItem = t.TypeOf<(typeof kinds)[keyof typeof kinds]['codec']>;

/**
 * `is` is much faster than `decode`, and true for nearly every line. `decode` explains the rest.
 */
export type Codec<A> = t.Decoder<unknown, A> & { readonly is: t.Is<A> };

export const itemCodecs: ReadonlyMap<string, Codec<CodexItem>> = new Map<string, Codec<CodexItem>>(
  Object.entries(kinds).map(([type, { codec }]) => [type, codec]),
);

const typesOf = (wanted: 'text' | 'tool'): ReadonlySet<string> =>
  new Set(Object.entries(kinds).flatMap(([type, { is }]) => (is === wanted ? [type] : [])));

/** The types of the items that are no work of a tool. */
export const textItems = typesOf('text');

/** The types of the items of a tool, which runs from `item.started` to `item.completed`. */
export const toolItems = typesOf('tool');
