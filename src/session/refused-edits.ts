import type { RefusedItems } from '../codex/history-refusal.js';
import { isOpeningText } from '../codex/opening.js';
import { dataUrlProblem, relabelled } from '../codex/pictures.js';
import type { Edit } from './call-edits.js';
import { itemsIn, type ThreadItem } from './edit-line.js';
import {
  elementsOf,
  type JsonSpan,
  type Member,
  membersOf,
  stringOf,
  valuesOf,
} from './json-span.js';

/** An edit that takes an item, or a picture of an item, out of a thread. */
export interface RefusedEdit extends Edit {
  /** Whether it is a picture whose first bytes are those of a picture. */
  readonly isGoodPicture: boolean;
  /** The id of the item; of two with one id the later one is the copy. */
  readonly id?: string | undefined;
}

/**
 * An item that codex (0.135.0 to 0.171.0) reads without a word and never sends: the line stays a
 * record with its place in the file.
 */
const NO_ITEM = '{"type":"other"}';
/** The shorter text fits wherever a picture is. */
const NO_PICTURE = ['[a picture that was refused]', '-'].map((text) =>
  JSON.stringify({ type: 'input_text', text }),
);

/** Texts one of which every line with such an item contains, as codex writes it. */
export const needlesOf = (refused: RefusedItems): readonly string[] => {
  switch (refused.by) {
    case 'encrypted':
      return [ENCRYPTED];
    case 'call':
    case 'item':
    case 'duplicate':
      return refused.ids.map((id) => JSON.stringify(id));
    case 'length':
      return [`"${refused.field}":`];
    case 'pictures':
    case 'broken pictures':
      return ['"input_image"'];
  }
};

/** The edits that take the refused items out of a line; of duplicates, each copy has its id. */
export const refusedEdits = (bytes: Buffer, refused: RefusedItems): RefusedEdit[] =>
  itemsIn(bytes).flatMap((item) =>
    refused.by === 'pictures' || refused.by === 'broken pictures'
      ? pictureEdits(bytes, item)
      : isRefused(bytes, item, refused)
        ? replace(item.span, [NO_ITEM], { id: stringOf(bytes, item.members, 'id') })
        : [],
  );

/** The edit that takes the message of a user out of a line, if it is this prompt. */
export const promptEdits = (bytes: Buffer, prompt: string): RefusedEdit[] =>
  itemsIn(bytes).flatMap(({ span, members }) => {
    const isPrompt =
      stringOf(bytes, members, 'role') === 'user' &&
      partsOf(bytes, members).some((part) =>
        isOpeningText(stringOf(bytes, part, 'text') ?? '', prompt),
      );
    return isPrompt ? replace(span, [NO_ITEM]) : [];
  });

const ENCRYPTED = '"encrypted_content":"';

const isRefused = (
  bytes: Buffer,
  { span, members }: ThreadItem,
  refused: Exclude<RefusedItems, { readonly by: 'pictures' | 'broken pictures' }>,
): boolean => {
  switch (refused.by) {
    case 'encrypted':
      return bytes.subarray(span.start, span.end).includes(ENCRYPTED);
    case 'call':
    case 'item':
    case 'duplicate':
      return refused.ids.includes(
        stringOf(bytes, members, refused.by === 'call' ? 'call_id' : 'id') ?? '',
      );
    case 'length':
      return (stringOf(bytes, members, refused.field)?.length ?? 0) > refused.max;
  }
};

/** A picture with the name of another kind gets its own; one that is refused is taken out. */
const pictureEdits = (bytes: Buffer, { members }: ThreadItem): RefusedEdit[] =>
  partSpans(bytes, members).flatMap((span) => {
    const part = membersOf(bytes, span);
    if (stringOf(bytes, part, 'type') !== 'input_image') return [];
    const url = stringOf(bytes, part, 'image_url') ?? '';
    const renamed = relabelled(url);
    if (renamed === undefined)
      return replace(span, NO_PICTURE, { isGoodPicture: dataUrlProblem(url) === undefined });
    const text = bytes.toString('utf8', span.start, span.end);
    // Only where the line has the URL as it is, and room for the other name.
    return replace(span, [text.replace(url, () => renamed), ...NO_PICTURE]);
  });

/** The parts of a message, or of the output of a call. */
const partSpans = (bytes: Buffer, members: readonly Member[]): JsonSpan[] =>
  ['content', 'output']
    .flatMap((key) => valuesOf(members, key))
    .flatMap((span) => elementsOf(bytes, span));

const partsOf = (bytes: Buffer, members: readonly Member[]): Member[][] =>
  partSpans(bytes, members).map((span) => membersOf(bytes, span));

/** The edit, unless each replacement is longer than what it replaces. */
const replace = (
  span: JsonSpan,
  forms: readonly string[],
  about: Partial<Pick<RefusedEdit, 'isGoodPicture' | 'id'>> = {},
): RefusedEdit[] =>
  forms.every(({ length }) => span.end - span.start < length)
    ? []
    : [{ span, forms, isGoodPicture: false, ...about }];
