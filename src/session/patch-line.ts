import * as t from 'io-ts';
import type { Patch, RolloutLine } from '../ports.js';
import { callEdits, type Edit, EMPTY_STRING, type Op } from './call-edits.js';
import {
  elementsOf,
  type JsonSpan,
  type Member,
  membersOf,
  valueAt,
  valuesOf,
} from './json-span.js';

/** The consumed calls in a line, and how to patch it. */
export interface PatchedLine {
  /** Ids of the consumed calls in the line, whether patched now or earlier. */
  readonly touched: readonly string[];
  /** Absent when the line needs no change. */
  readonly patch?: Patch;
}

/**
 * Computes the patch that marks the consumed calls in a line of a rollout, see `callEdits`: in
 * items of the thread, and in the history that replaces them after a compaction.
 *
 * The line keeps its length: freed bytes become spaces before the line feed, which codex accepts. A
 * marker that is longer than the value it replaces uses such spaces; when they do not suffice, it
 * is shortened: without its dots, only dots, an empty string. All other bytes stay as they are. A
 * line that is not a record gets no patch.
 */
export const patchLine = (
  { offset, bytes }: RolloutLine,
  ops: ReadonlyMap<string, Op>,
): PatchedLine => {
  const root = valueAt(bytes, 0);
  const calls = itemsIn(bytes, root).flatMap((item) => callEdits(bytes, item, ops) ?? []);
  const edits = calls.flatMap((call) => call.edits).toSorted((a, b) => a.span.start - b.span.start);
  const touched = calls.map(({ id }) => id);
  const [first] = edits;
  if (first === undefined) return { touched };
  const replacements = chooseForms(edits, bytes.length - root.end);
  const pieces = replacements.flatMap(({ span, text }, i) => [
    Buffer.from(text),
    bytes.subarray(span.end, replacements[i + 1]?.span.start ?? root.end),
  ]);
  const text = Buffer.concat(pieces);
  const start = first.span.start;
  if (bytes.subarray(start, root.end).equals(text)) return { touched };
  return { touched, patch: { offset: offset + start, length: bytes.length - start, text } };
};

/** The items of the thread in a record, each as its members. */
const itemsIn = (bytes: Buffer, root: JsonSpan): Member[][] => {
  if (!isRecord(bytes)) return [];
  const payloads = valuesOf(membersOf(bytes, root), 'payload').map((span) =>
    membersOf(bytes, span),
  );
  const history = payloads
    .flatMap((payload) => valuesOf(payload, 'replacement_history'))
    .flatMap((span) => elementsOf(bytes, span));
  return [...payloads, ...history.map((span) => membersOf(bytes, span))];
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
    Math.min(sizeOf(span), ...forms.map(({ length }) => length));
  let room = spare + edits.reduce((sum, edit) => sum + sizeOf(edit.span) - least(edit), 0);
  return edits.map((edit) => {
    const limit = room + least(edit);
    const text = edit.forms.find(({ length }) => length <= limit) ?? EMPTY_STRING;
    room = limit - text.length;
    return { span: edit.span, text };
  });
};
