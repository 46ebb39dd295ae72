import * as t from 'io-ts';
import type { Patch, RolloutLine } from '../codex/rollout/patch.js';
import { type Edit, EMPTY_STRING } from './call-edits.js';
import {
  elementsOf,
  type JsonSpan,
  type Member,
  membersOf,
  valueAt,
  valuesOf,
} from './json-span.js';

/** An item of a thread in a line of its rollout. */
export interface ThreadItem {
  readonly span: JsonSpan;
  readonly members: readonly Member[];
}

/**
 * The items of the thread in a line: the item of a record, and those of the history that replaces
 * earlier records after a compaction. Empty for a line that is not such a record.
 */
export const itemsIn = (bytes: Buffer): ThreadItem[] => {
  if (!isRecord(bytes)) return [];
  const payloads = valuesOf(membersOf(bytes, valueAt(bytes, 0)), 'payload').map((span) => ({
    span,
    members: membersOf(bytes, span),
  }));
  return payloads.flatMap((payload) => {
    const histories = valuesOf(payload.members, 'replacement_history');
    return histories.length === 0
      ? [payload]
      : histories
          .flatMap((span) => elementsOf(bytes, span))
          .map((span) => ({ span, members: membersOf(bytes, span) }));
  });
};

/**
 * The patch that replaces values in a line; `undefined` when it changes nothing.
 *
 * The line keeps its length: freed bytes become spaces before the line feed, which codex accepts. A
 * text that is longer than the value it replaces uses such spaces; when they do not suffice, a
 * shorter form of it is taken. All other bytes stay as they are.
 */
export const editLine = (
  { offset, bytes }: RolloutLine,
  unsorted: readonly Edit[],
): Patch | undefined => {
  const root = valueAt(bytes, 0);
  const edits = unsorted.toSorted((a, b) => a.span.start - b.span.start);
  const [first] = edits;
  if (first === undefined) return undefined;
  const replacements = chooseForms(edits, bytes.length - root.end);
  const pieces = replacements.flatMap(({ span, text }, i) => [
    Buffer.from(text),
    bytes.subarray(span.end, replacements[i + 1]?.span.start ?? root.end),
  ]);
  const text = Buffer.concat(pieces);
  const start = first.span.start;
  return bytes.subarray(start, root.end).equals(text)
    ? undefined
    : { offset: offset + start, length: bytes.length - start, text };
};

const ThreadRecord = t.type({ type: t.keyof({ response_item: null, compacted: null }) });

const isRecord = (bytes: Buffer): boolean => {
  try {
    // latin1 keeps JSON valid JSON, and is decoded twice as fast as UTF-8.
    return ThreadRecord.is(JSON.parse(bytes.toString('latin1')));
  } catch {
    return false;
  }
};

/**
 * Chooses a form for each edit, in order, so that all of them fit into the replaced values and
 * `spare` bytes. The choice depends only on that sum, so it is the same when the line is patched
 * again.
 */
const chooseForms = (
  edits: readonly Edit[],
  spare: number,
): { readonly span: JsonSpan; readonly text: string }[] => {
  const sizeOf = ({ start, end }: JsonSpan): number => end - start;
  const least = ({ span, forms }: Edit): number =>
    Math.min(sizeOf(span), ...forms.map((form) => Buffer.byteLength(form)));
  let room = spare + edits.reduce((sum, edit) => sum + sizeOf(edit.span) - least(edit), 0);
  return edits.map((edit) => {
    const limit = room + least(edit);
    const text = edit.forms.find((form) => Buffer.byteLength(form) <= limit) ?? EMPTY_STRING;
    room = limit - Buffer.byteLength(text);
    return { span: edit.span, text };
  });
};
