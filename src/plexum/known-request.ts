import * as t from 'io-ts';
import {
  type Block,
  isImage,
  isText,
  ToolSpec,
  type TurnRequest,
} from '../canonical/turn-request.js';

/** Blocks of a prompt that need no reader. */
const UNREAD: ReadonlySet<string> = new Set([
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
]);
const TOOL_KEYS: readonly string[] = Object.keys({
  ...ToolSpec.types[0].props,
  ...ToolSpec.types[1].props,
});

/**
 * Whether a request has the form that the plugin knows, where it reads it: the last message of the
 * user, the tools, the system text. Earlier messages are not looked at: a host sends all of them in
 * every turn.
 */
export const isKnownRequest = ({ messages, tools, system }: TurnRequest): boolean =>
  isKnownPrompt(messages) &&
  (tools === undefined || (Array.isArray(tools) && tools.every(isKnownTool))) &&
  (typeof (system ?? '') === 'string' || Array.isArray(system));

/** A turn without messages is refused, but has no other form. */
const isKnownPrompt = (messages: TurnRequest['messages']): boolean => {
  if (messages?.last === undefined) return messages?.earlier.length === 0;
  const { content } = messages.last;
  return typeof content === 'string' || content?.every(isKnownBlock) === true;
};

const isKnownBlock = (block: Block): boolean =>
  isImage(block)
    ? (block.url ?? block.data_base64 ?? block.path) !== undefined
    : isText(block) || UNREAD.has(block.type);

/** A tool may have no schema, but then no key that could hold one either. */
const isKnownTool = (tool: unknown): boolean =>
  ToolSpec.is(tool) &&
  ((tool.inputSchema ?? tool.input_schema) !== undefined || hasOnly(tool, TOOL_KEYS));

/** Whether a value has no other keys than these and `_meta`. */
export const hasOnly = (value: unknown, keys: readonly string[]): boolean =>
  Object.keys(t.UnknownRecord.is(value) ? value : {}).every(
    (key) => key === '_meta' || keys.includes(key),
  );
