import { parseLine } from '../lines/parse-json.js';

/**
 * Whether the line that begins at `start` holds a call of one of the ids, or its output, where its
 * beginning tells: it does where codex has written it. Nothing for a compaction, whose history may
 * hold some, and for a line of any other shape: with other keys first, with spaces, with an object
 * before the id, cut off. `bytes` end with a line, or a line feed ends it.
 *
 * Walks the bytes: a text of each line would take longer to make, and to collect. A key stands
 * there once, and its letters as they are, as codex and serde write them.
 */
export const judged = (
  bytes: Buffer,
  start: number,
  ids: ReadonlySet<string>,
): boolean | undefined => {
  const type = typeAt(bytes, start);
  const typeEnd = plainEnd(bytes, type);
  if (typeEnd === -1 || isWord(bytes, type, typeEnd, COMPACTED)) return undefined;
  if (!isWord(bytes, type, typeEnd, RESPONSE_ITEM)) return false;
  const itemEnd = plainEnd(bytes, behind(bytes, typeEnd, ITEM));
  if (itemEnd === -1) return undefined;
  const isCall = [CALL, OUTPUT].some(
    (suffix) => behind(bytes, itemEnd - suffix.length, suffix) === itemEnd,
  );
  return isCall ? ownId(bytes, itemEnd, ids) : false;
};

const TIMESTAMP = Buffer.from('{"timestamp":"');
const COMMA = Buffer.from(',');
const NEXT = Buffer.from('",');
const ORDINAL = Buffer.from('"ordinal":');
const TYPE = Buffer.from('"type":"');
const COMPACTED = Buffer.from('compacted');
const RESPONSE_ITEM = Buffer.from('response_item');
const ITEM = Buffer.from('","payload":{"type":"');
const CALL = Buffer.from('_call');
const OUTPUT = Buffer.from('_output');
const NEXT_KEY = Buffer.from('","');
const TEXT = Buffer.from('":"');
const CALL_ID = Buffer.from('call_id');
const [QUOTE, BACKSLASH, LF, SPACE, ZERO, NINE] = [0x22, 0x5c, 0x0a, 0x20, 0x30, 0x39];

/**
 * The byte at which the type of a record stands; -1 where it does not come next, as in all that
 * follows.
 */
const typeAt = (bytes: Buffer, start: number): number => {
  const next = behind(bytes, textEnd(bytes, behind(bytes, start, TIMESTAMP)), NEXT);
  const ordinal = behind(bytes, next, ORDINAL);
  return behind(
    bytes,
    ordinal === -1 ? next : behind(bytes, digitsEnd(bytes, ordinal), COMMA),
    TYPE,
  );
};

/**
 * Whether the item whose kind ends at `end` has one of the ids: nothing but texts may come before
 * it, since an object may hold the id of another call.
 */
const ownId = (bytes: Buffer, end: number, ids: ReadonlySet<string>): boolean | undefined => {
  for (let at = end; at !== -1; ) {
    const key = behind(bytes, at, NEXT_KEY);
    const keyEnd = plainEnd(bytes, key);
    const value = behind(bytes, keyEnd, TEXT);
    if (isWord(bytes, key, keyEnd, CALL_ID)) {
      const valueEnd = plainEnd(bytes, value);
      return valueEnd === -1 ? undefined : ids.has(bytes.toString('utf8', value, valueEnd));
    }
    at = textEnd(bytes, value);
  }
  return undefined;
};

const behind = (bytes: Buffer, at: number, word: Buffer): number => {
  for (let i = 0; i < word.length; i += 1) if (bytes[at + i] !== word[i]) return -1;
  return at + word.length;
};

const isWord = (bytes: Buffer, at: number, end: number, word: Buffer): boolean =>
  end - at === word.length && behind(bytes, at, word) === end;

const digitsEnd = (bytes: Buffer, from: number): number => {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = bytes[at])
    at += 1;
  return at;
};

/** The quote that ends a text without escapes. */
const plainEnd = (bytes: Buffer, from: number): number => {
  for (let at = from; ; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === undefined || byte < SPACE || byte === BACKSLASH) return -1;
  }
};

/** The quote that ends a text. */
const textEnd = (bytes: Buffer, from: number): number => {
  for (let at = from; ; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH && bytes[at + 1] !== LF) at += 1;
    else if (byte === undefined || byte < SPACE) return -1;
  }
};

const KEY = Buffer.from('"call_id"');
const VALUE = /^"call_id"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/;
/** Bytes from the key of an id to its end. */
const MAX_ID = 8_192;

/**
 * Whether a line names one of the ids, anywhere but in a text: there the quotes of the key are
 * escaped.
 */
export const names = (line: Buffer, ids: ReadonlySet<string>): boolean => {
  for (let at = line.indexOf(KEY); at !== -1; at = line.indexOf(KEY, at + KEY.length)) {
    const [, id] = VALUE.exec(line.toString('latin1', at, at + MAX_ID)) ?? [];
    if (id === undefined) continue;
    const read = parseLine(Buffer.from(id, 'latin1').toString('utf8'));
    if (read.type === 'json' && typeof read.value === 'string' && ids.has(read.value)) return true;
  }
  return false;
};
