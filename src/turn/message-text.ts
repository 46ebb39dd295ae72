import * as t from 'io-ts';
import { exactJson } from '../lines/exact-json.js';

/** The text of a message of the host, and the number of its blocks that could not be read. */
export interface MessageText {
  readonly text: string;
  readonly skipped: number;
  /** Whether the beginning of the text is missing, because it was longer than asked for. */
  readonly isCut: boolean;
}

const Text = t.type({ type: t.literal('text'), text: t.string });
const Image = t.intersection([
  t.type({ type: t.literal('image') }),
  t.partial({ media_type: t.unknown, url: t.unknown, data_base64: t.unknown, path: t.unknown }),
]);
const ToolUse = t.intersection([
  t.type({ type: t.literal('tool_use'), name: t.string }),
  t.partial({ input: t.unknown }),
]);
const ToolResult = t.intersection([
  t.type({ type: t.literal('tool_result') }),
  t.partial({ content: t.unknown, is_error: t.unknown }),
]);
const Thinking = t.type({ type: t.keyof({ thinking: null, redacted_thinking: null }) });

/** The most characters of the arguments of a call, and of its output. */
const MAX_CALL = 400;
/** The most results of tools that lie in each other: a host may nest them deeper than the stack. */
const MAX_DEPTH = 3;

/**
 * The last `max` characters of the text of a message, well-formed. Reads the blocks from the last
 * one on and stops when it has enough. Never throws: a block that is none is skipped.
 */
export const messageText = (content: unknown, max: number): MessageText => {
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [content];
  let text = '';
  let skipped = 0;
  for (let i = blocks.length - 1; i >= 0 && text.length <= max; i -= 1) {
    const block = blocks[i];
    const part = typeof block === 'string' ? block : blockText(block);
    if (part === undefined) skipped += 1;
    else if (part !== '')
      text = text === '' ? tail(part, max + 1) : `${tail(part, max + 1)}\n${text}`;
  }
  const isCut = text.length > max;
  return { text: (isCut ? tail(text, max) : text).toWellFormed(), skipped, isCut };
};

/**
 * The text of one block, empty for thinking; `undefined` for one that cannot be read. `depth`: how
 * deep the results of tools may lie in each other.
 */
const blockText = (block: unknown, depth = MAX_DEPTH): string | undefined => {
  if (Text.is(block)) return block.text;
  if (Thinking.is(block)) return '';
  if (Image.is(block)) return `[image: ${nameOf(block)}]`;
  if (ToolUse.is(block)) return `[tool call: ${brief(block.name)} ${briefJson(block.input ?? {})}]`;
  if (!ToolResult.is(block) || depth === 0) return undefined;
  const kind = block.is_error === true ? 'error' : 'result';
  return `[tool ${kind}: ${outputText(block.content, depth - 1)}]`;
};

const outputText = (content: unknown, depth: number): string => {
  if (typeof content === 'string') return brief(content);
  if (!Array.isArray(content)) return briefJson(content ?? '');
  const parts: readonly unknown[] = content.slice(0, MAX_CALL);
  return brief(parts.map((part) => blockText(part, depth) ?? '').join('\n'));
};

/** The first characters of a text, and how many there are. */
const brief = (text: string): string =>
  text.length <= MAX_CALL
    ? text
    : `${head(text, MAX_CALL)}… (${text.length.toLocaleString('en')} characters)`;

const briefJson = (value: unknown): string => {
  const json = exactJson(pruned(value, { left: 2 * MAX_CALL }));
  return json.length <= MAX_CALL ? json : `${head(json, MAX_CALL)}…`;
};

/** A value of JSON without what lies behind its first characters: it may be large. */
const pruned = (value: unknown, room: { left: number }): unknown => {
  room.left -= 1;
  if (typeof value === 'string') {
    const kept = value.slice(0, Math.max(0, room.left));
    room.left -= kept.length;
    return kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [key, each] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    if (room.left <= 0) break;
    room.left -= String(key).length;
    entries.push([String(key), pruned(each, room)]);
  }
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
};

/** Media type and place of a picture, without its bytes and what may be secret of its URL. */
const nameOf = ({ media_type: type, url, data_base64, path }: t.TypeOf<typeof Image>): string => {
  const place =
    typeof url === 'string' ? placeOf(url) : typeof data_base64 === 'string' ? 'base64' : path;
  return [type, place].flatMap((part) => (typeof part === 'string' ? brief(part) : [])).join(', ');
};

const placeOf = (url: string): string => {
  if (url.startsWith('data:')) return url.slice(0, 100).replace(/[;,].*$/s, '');
  if (url.length > MAX_URL || !URL.canParse(url)) return 'a URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
};

/** A longer URL is no place that a person can read. */
const MAX_URL = 2_000;

/** The first characters of a text, without half a character at their end. */
const head = (text: string, max: number): string =>
  text.slice(0, /[\uD800-\uDBFF]/.test(text.charAt(max - 1)) ? max - 1 : max);

/** The last characters of a text, without half a character at their beginning. */
const tail = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const from = text.length - max;
  return text.slice(/[\uDC00-\uDFFF]/.test(text.charAt(from)) ? from + 1 : from);
};
