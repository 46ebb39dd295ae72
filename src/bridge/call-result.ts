import { type CallToolResult, ContentBlockSchema } from '@modelcontextprotocol/sdk/types.js';
import * as t from 'io-ts';
import { exactJson } from '../lines/exact-json.js';
import { wellFormed } from '../lines/well-formed.js';
import { excerpt } from '../text/explain.js';
import { MAX_RESULT_BYTES } from './result-limit.js';

/** The most characters of a reason for the model. */
const MAX_REASON = 4_000;

type Content = CallToolResult['content'];

/** A tool error that the model can read. */
export const errorResult = (reason: string): CallToolResult => ({
  content: [text(reason.slice(0, MAX_REASON))],
  isError: true,
});

/**
 * The host's answer as a tool result.
 *
 * - An answer without a list of content is an error that says so.
 * - A part of unknown form becomes a text that names it; no content becomes an empty text.
 * - A field that is null counts as absent. A lone surrogate becomes U+FFFD.
 * - A result over `MAX_RESULT_BYTES` is cut, with a note.
 *
 * Throws when the answer is nested too deep for codex.
 */
export const callResult = (answer: unknown): CallToolResult => {
  const fields: Record<string, unknown> = t.UnknownRecord.is(answer)
    ? answer
    : { content: answer ?? 'null' };
  const { content: given, structuredContent, isError } = fields;
  const content = given ?? [];
  if (!Array.isArray(content))
    return errorResult(
      `the host answered with something that is no tool result: ${excerpt(answer, 200)}`,
    );
  const parts = content.map(partOf);
  const data = wellFormed(structuredContent ?? undefined);
  const structured = t.UnknownRecord.is(data) ? { structuredContent: data } : {};
  if (data !== undefined && structured.structuredContent === undefined)
    parts.push(text(exactJson(data)));
  const result: CallToolResult = {
    // codex 0.135 treats a result without content as an error.
    content: parts.length === 0 && structured.structuredContent === undefined ? [text('')] : parts,
    ...structured,
    ...(typeof isError === 'boolean' ? { isError } : {}),
  };
  const size = sizeOf(result);
  return size <= MAX_RESULT_BYTES ? result : cutResult(result, size);
};

const text = (words: string) => ({ type: 'text' as const, text: words.toWellFormed() });

const Typed = t.type({ type: t.string });

const partOf = (given: unknown): Content[number] => {
  const part = wellFormed(given);
  const read = ContentBlockSchema.safeParse(withoutNulls(part));
  return read.success
    ? read.data
    : text(
        `[a part of the result that is of no known form: ${Typed.is(part) ? part.type.slice(0, 80) : excerpt(part, 80)}]`,
      );
};

/** The value without fields that are null, at every level. Hosts written in Go send them. */
const withoutNulls = (value: unknown): unknown =>
  t.UnknownRecord.is(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([key, inner]) =>
          inner === null ? [] : [[key, withoutNulls(inner)]],
        ),
      )
    : value;

const sizeOf = (value: unknown): number => Buffer.byteLength(exactJson(value));

/** The note and the first parts that fit. The last part is a shortened text. */
const cutResult = ({ content, isError }: CallToolResult, size: number): CallToolResult => {
  const note = text(`[cut: the result had ${size} bytes, ${MAX_RESULT_BYTES} pass]`);
  const flag = isError === undefined ? {} : { isError };
  let room = MAX_RESULT_BYTES - sizeOf({ content: [note], ...flag });
  const fitting: Content = [];
  for (const part of content) {
    const needed = sizeOf(part) + 1;
    if (needed <= room) {
      fitting.push(part);
      room -= needed;
    } else {
      const rest = room - sizeOf(text('')) - 1;
      if (part.type === 'text' && rest > 0) fitting.push(text(beginning(part.text, rest)));
      break;
    }
  }
  return { content: [note, ...fitting], ...flag };
};

/** The longest beginning of a text whose JSON has at most `room` bytes. */
const beginning = (words: string, room: number): string => {
  let part = words;
  for (;;) {
    const size = sizeOf(part) - 2;
    if (size <= room) return part;
    part = part.slice(0, Math.floor((part.length * room) / size)).replace(/[\uD800-\uDBFF]$/, '');
  }
};
