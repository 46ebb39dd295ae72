import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import * as t from 'io-ts';
import { wellFormed } from '../lines/well-formed.js';

/** Characters that a result may have as JSON: 16 Mi. codex shows the model about 48 KB of them. */
export const MAX_RESULT_CHARS = 16 * 1024 * 1024;

/** What the model reads when a call could not be made. */
export const failed = (reason: string): CallToolResult => ({ content: [{ type: 'text', text: reason.toWellFormed() }], isError: true });

/**
 * The host's answer as a tool result. One that is no `CallToolResult` becomes an error that says so, one that is too large is cut with a note; a field that is
 * null is none, half a character becomes U+FFFD.
 */
export const callResult = (answer: unknown): CallToolResult => {
  const read = CallToolResultSchema.safeParse(wellFormed(withoutNulls(answer)));
  if (!read.success) return failed(`the host answered with something that is no tool result: ${read.error.issues[0]?.message ?? ''}`);
  const size = JSON.stringify(read.data).length;
  return size <= MAX_RESULT_CHARS ? read.data : cut(read.data, size);
};

/** Without the fields that are null, also in the parts of the content: hosts written in Go send them. */
const withoutNulls = (answer: unknown): unknown => {
  if (!t.UnknownRecord.is(answer) || Array.isArray(answer)) return answer;
  const { content, ...rest } = compact(answer);
  if (content === undefined) return rest;
  return { ...rest, content: Array.isArray(content) ? content.map((part: unknown) => (t.UnknownRecord.is(part) ? compact(part) : part)) : content };
};

const compact = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));

const text = (words: string) => ({ type: 'text' as const, text: words });
const sizeOf = (part: unknown): number => JSON.stringify(part).length + 1;

/** The parts that fit, in their order; a text that does not fit is shortened, and ends it. */
const cut = ({ content, isError }: CallToolResult, size: number): CallToolResult => {
  const note = text(`[cut: the result had ${size} characters, ${MAX_RESULT_CHARS} pass]`);
  const flag = isError === undefined ? {} : { isError };
  let room = MAX_RESULT_CHARS - sizeOf({ content: [note], ...flag });
  const kept: CallToolResult['content'] = [];
  for (const part of content) {
    const needed = sizeOf(part);
    if (needed <= room) {
      kept.push(part);
      room -= needed;
    } else {
      const left = room - sizeOf(text(''));
      if (part.type === 'text' && left > 0) kept.push(text(shortened(part.text, left)));
      break;
    }
  }
  return { content: [...kept, note], ...flag };
};

/** The beginning of a text that takes at most `room` characters as JSON. */
const shortened = (words: string, room: number): string => {
  let part = words;
  for (;;) {
    const size = JSON.stringify(part).length - 2;
    if (size <= room) return part;
    part = part.slice(0, Math.floor((part.length * room) / size)).replace(/[\uD800-\uDBFF]$/, '');
  }
};
