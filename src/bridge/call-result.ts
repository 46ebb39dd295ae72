import { type CallToolResult, ContentBlockSchema } from '@modelcontextprotocol/sdk/types.js';
import * as t from 'io-ts';
import { excerpt } from '../text/explain.js';
import { wellFormed } from './well-formed.js';

/**
 * Bytes that a result may have as JSON: 12 MiB. codex 0.169 takes no line of 16 MiB from a relay,
 * and shows the model about 48 KB.
 */
export const MAX_RESULT_BYTES = 12 * 1024 * 1024;

/** Characters of a reason that the model reads. */
const MAX_REASON = 4_000;

type Content = CallToolResult['content'];

/** What the model reads when a call could not be made. */
export const failed = (reason: string): CallToolResult => ({
  content: [text(reason.slice(0, MAX_REASON))],
  isError: true,
});

/**
 * The host's answer as a tool result. An answer without a list of content becomes an error that
 * says so, a part of no known form a text that names it, no content an empty text; a field that is
 * null is none; half a character becomes U+FFFD. A result that is too large is cut, with a note.
 * Throws for one that is nested too deep for codex.
 */
export const callResult = (answer: unknown): CallToolResult => {
  const fields: Record<string, unknown> = t.UnknownRecord.is(answer)
    ? answer
    : { content: answer ?? 'null' };
  const { content: given, structuredContent, isError } = fields;
  const content = given ?? [];
  if (!Array.isArray(content))
    return failed(
      `the host answered with something that is no tool result: ${excerpt(answer, 200)}`,
    );
  const parts = content.map(partOf);
  const data = wellFormed(structuredContent ?? undefined);
  const structured = t.UnknownRecord.is(data) ? { structuredContent: data } : {};
  if (data !== undefined && structured.structuredContent === undefined)
    parts.push(text(JSON.stringify(data)));
  const result: CallToolResult = {
    // codex 0.135 takes no content for an error.
    content: parts.length === 0 && structured.structuredContent === undefined ? [text('')] : parts,
    ...structured,
    ...(typeof isError === 'boolean' ? { isError } : {}),
  };
  const size = sizeOf(result);
  return size <= MAX_RESULT_BYTES ? result : cut(result, size);
};

const text = (words: string) => ({ type: 'text' as const, text: words.toWellFormed() });

const Typed = t.type({ type: t.string });

const partOf = (given: unknown): Content[number] => {
  const part = wellFormed(given);
  const read = ContentBlockSchema.safeParse(compact(part));
  return read.success
    ? read.data
    : text(
        `[a part of the result that is of no known form: ${Typed.is(part) ? part.type.slice(0, 80) : excerpt(part, 80)}]`,
      );
};

/** Without the fields that are null, at every level: hosts written in Go send them. */
const compact = (value: unknown): unknown =>
  t.UnknownRecord.is(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([key, inner]) =>
          inner === null ? [] : [[key, compact(inner)]],
        ),
      )
    : value;

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/**
 * The note, and the parts that fit, in their order; a text that does not fit is shortened, and ends
 * it.
 */
const cut = ({ content, isError }: CallToolResult, size: number): CallToolResult => {
  const note = text(`[cut: the result had ${size} bytes, ${MAX_RESULT_BYTES} pass]`);
  const flag = isError === undefined ? {} : { isError };
  let room = MAX_RESULT_BYTES - sizeOf({ content: [note], ...flag });
  const kept: Content = [];
  for (const part of content) {
    const needed = sizeOf(part) + 1;
    if (needed <= room) {
      kept.push(part);
      room -= needed;
    } else {
      const left = room - sizeOf(text('')) - 1;
      if (part.type === 'text' && left > 0) kept.push(text(shortened(part.text, left)));
      break;
    }
  }
  return { content: [note, ...kept], ...flag };
};

/** The beginning of a text that takes at most `room` bytes as JSON. */
const shortened = (words: string, room: number): string => {
  let part = words;
  for (;;) {
    const size = sizeOf(part) - 2;
    if (size <= room) return part;
    part = part.slice(0, Math.floor((part.length * room) / size)).replace(/[\uD800-\uDBFF]$/, '');
  }
};
