import * as t from 'io-ts';
import type { Patch, RolloutLine } from '../ports.js';
import {
  elementsOf,
  type JsonSpan,
  type Member,
  membersOf,
  valueAt,
  valuesOf,
} from './json-span.js';

/**
 * What the host did with the result of a tool call: it keeps the gist (light) or nothing (heavy).
 */
export type Op = 'consume-light' | 'consume-heavy';

/** What becomes of a line. */
export interface PatchedLine {
  /** Ids of the calls that it holds, patched now or before. */
  readonly touched: readonly string[];
  /** Nothing when the line says already what it should. */
  readonly patch?: Patch;
}

/** A value to be replaced, and what may stand for it, the best first; the last fits always. */
interface Edit {
  readonly span: JsonSpan;
  readonly forms: readonly string[];
}

/**
 * Puts markers where a line of a rollout holds the output of a consumed call, and `{}` where it
 * holds its arguments and the call is consumed as a whole; in items of the thread and in the
 * history that replaces them after a compaction.
 *
 * The line keeps its length: what becomes free is spaces before the line feed, which codex takes
 * (facts/codex-exec.md §5). A marker that is longer than what it stands for, and finds no such
 * spaces, is shortened: without its dots, to its dots, to an empty text. All other bytes stay as
 * they are. A line that is no record is left alone.
 */
export const patchLine = (
  { offset, bytes }: RolloutLine,
  ops: ReadonlyMap<string, Op>,
): PatchedLine => {
  const root = valueAt(bytes, 0);
  const items = itemsIn(bytes, root).flatMap((item) => consumed(bytes, item, ops));
  const edits = items
    .flatMap(({ edits: each }) => each)
    .toSorted((a, b) => a.span.start - b.span.start);
  const touched = items.map(({ id }) => id);
  const [first] = edits;
  if (first === undefined) return { touched };
  const chosen = fitted(edits, bytes.length - root.end);
  const pieces = chosen.flatMap(({ span, text }, i) => [
    Buffer.from(text),
    bytes.subarray(span.end, chosen[i + 1]?.span.start ?? root.end),
  ]);
  const text = Buffer.concat(pieces);
  const start = first.span.start;
  if (bytes.subarray(start, root.end).equals(text)) return { touched };
  return { touched, patch: { offset: offset + start, length: bytes.length - start, text } };
};

/** The items of the thread that a record holds, each as its members. */
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

const Kind = t.type({ type: t.keyof({ response_item: null, compacted: null }) });

const isRecord = (bytes: Buffer): boolean => {
  try {
    // Latin letters for the bytes of others: it is JSON all the same, and read in half the time.
    return Kind.is(JSON.parse(bytes.toString('latin1')));
  } catch {
    return false;
  }
};

const consumed = (
  bytes: Buffer,
  item: readonly Member[],
  ops: ReadonlyMap<string, Op>,
): { readonly id: string; readonly edits: readonly Edit[] }[] => {
  const text = (key: string): string | undefined => {
    const span = valuesOf(item, key).at(-1);
    const value: unknown =
      span === undefined ? undefined : JSON.parse(bytes.toString('utf8', span.start, span.end));
    return typeof value === 'string' ? value : undefined;
  };
  const kind = text('type') ?? '';
  const id = text('call_id');
  const op = id === undefined ? undefined : ops.get(id);
  if (id === undefined || op === undefined) return [];
  const edit = (
    key: string,
    forms: (span: JsonSpan) => readonly string[],
    least = EMPTY_TEXT.length,
  ): Edit[] =>
    valuesOf(item, key)
      .filter(({ start, end }) => end - start >= least)
      .map((span) => ({ span, forms: forms(span) }));
  if (kind.endsWith('_output'))
    return [{ id, edits: edit('output', ({ start }) => markers(op, bytes[start] === OPEN_ARRAY)) }];
  if (op === 'consume-light') return [];
  if (kind === 'function_call') return [{ id, edits: edit('arguments', () => NO_ARGUMENTS) }];
  if (kind === 'custom_tool_call') return [{ id, edits: edit('input', () => NO_ARGUMENTS) }];
  return kind === 'local_shell_call'
    ? [{ id, edits: edit('action', () => [NO_ACTION], NO_ACTION.length) }]
    : [];
};

const OPEN_ARRAY = 0x5b;
const EMPTY_TEXT = '""';
const NO_ARGUMENTS = ['"{}"', EMPTY_TEXT];
/** An action without its command would not be an action, and codex would drop the call. */
const NO_ACTION = '{"type":"exec","command":[]}';

const MARKER: Readonly<Record<Op, string>> = {
  'consume-light': '(consumed)',
  'consume-heavy': '(tool called)',
};

const markers = (op: Op, parts: boolean): string[] => {
  const texts = [`...${MARKER[op]}`, MARKER[op], '...', ''].map((text) => JSON.stringify(text));
  return parts
    ? [...texts.slice(0, 1).map((text) => `[{"type":"input_text","text":${text}}]`), ...texts]
    : texts;
};

/**
 * Chooses a form for each edit, in order, so that all fit into the room of what they replace and
 * `spare` bytes. The choice depends on the sum only: made again, it is the same.
 */
const fitted = (
  edits: readonly Edit[],
  spare: number,
): { readonly span: JsonSpan; readonly text: string }[] => {
  const sizeOf = ({ start, end }: JsonSpan): number => end - start;
  const least = ({ span, forms }: Edit): number =>
    Math.min(sizeOf(span), ...forms.map(({ length }) => length));
  let room = spare + edits.reduce((sum, edit) => sum + sizeOf(edit.span) - least(edit), 0);
  return edits.map((edit) => {
    const limit = room + least(edit);
    const text = edit.forms.find(({ length }) => length <= limit) ?? EMPTY_TEXT;
    room = limit - text.length;
    return { span: edit.span, text };
  });
};
