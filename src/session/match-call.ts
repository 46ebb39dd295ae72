import { parseLine } from '../lines/parse-json.js';

/**
 * Decides from the leading keys whether the line at `start` is a call, or the output of a call,
 * with one of `ids`. `undefined`: inconclusive, search the whole line with `mentionsCall`.
 *
 * Conclusive for every line as codex writes it, except a compaction, whose history may hold calls.
 * Inconclusive for any other form: other leading keys, white space, an object before the id, a
 * truncated line. The line ends at a line feed or at the end of `bytes`.
 *
 * Compares bytes: to make a string of each line would take longer than the comparison. codex
 * (serde) writes each of these keys once, without escapes.
 */
export const matchesCall = (
  bytes: Buffer,
  start: number,
  ids: ReadonlySet<string>,
): boolean | undefined => {
  const type = typeAt(bytes, start);
  const typeEnd = plainStringEnd(bytes, type);
  if (typeEnd === -1 || isWord(bytes, type, typeEnd, COMPACTED)) return undefined;
  if (!isWord(bytes, type, typeEnd, RESPONSE_ITEM)) return false;
  const itemEnd = plainStringEnd(bytes, after(bytes, typeEnd, ITEM));
  if (itemEnd === -1) return undefined;
  const isCall = [CALL, OUTPUT].some(
    (suffix) => after(bytes, itemEnd - suffix.length, suffix) === itemEnd,
  );
  return isCall ? hasCallId(bytes, itemEnd, ids) : false;
};

const TIMESTAMP = Buffer.from('{"timestamp":"');
const COMMA = Buffer.from(',');
const NEXT_FIELD = Buffer.from('",');
const ORDINAL = Buffer.from('"ordinal":');
const TYPE = Buffer.from('"type":"');
const COMPACTED = Buffer.from('compacted');
const RESPONSE_ITEM = Buffer.from('response_item');
const ITEM = Buffer.from('","payload":{"type":"');
const CALL = Buffer.from('_call');
const OUTPUT = Buffer.from('_output');
const NEXT_KEY = Buffer.from('","');
const STRING_VALUE = Buffer.from('":"');
const CALL_ID = Buffer.from('call_id');
const [QUOTE, BACKSLASH, LF, SPACE, ZERO, NINE] = [0x22, 0x5c, 0x0a, 0x20, 0x30, 0x39];

/** Where the type of a record begins, or -1. The functions below return -1 for "not here" too. */
const typeAt = (bytes: Buffer, start: number): number => {
  const next = after(bytes, stringEnd(bytes, after(bytes, start, TIMESTAMP)), NEXT_FIELD);
  const ordinal = after(bytes, next, ORDINAL);
  return after(bytes, ordinal === -1 ? next : after(bytes, digitsEnd(bytes, ordinal), COMMA), TYPE);
};

/**
 * Whether the item whose kind ends at `end` has one of `ids` as its `call_id`. Inconclusive when
 * anything but strings comes before that key, since an object may hold the id of another call.
 */
const hasCallId = (bytes: Buffer, end: number, ids: ReadonlySet<string>): boolean | undefined => {
  for (let at = end; at !== -1; ) {
    const key = after(bytes, at, NEXT_KEY);
    const keyEnd = plainStringEnd(bytes, key);
    const value = after(bytes, keyEnd, STRING_VALUE);
    if (isWord(bytes, key, keyEnd, CALL_ID)) {
      const valueEnd = plainStringEnd(bytes, value);
      return valueEnd === -1 ? undefined : ids.has(bytes.toString('utf8', value, valueEnd));
    }
    at = stringEnd(bytes, value);
  }
  return undefined;
};

/** The position after `word` when `bytes` has it at `at`. */
const after = (bytes: Buffer, at: number, word: Buffer): number => {
  for (let i = 0; i < word.length; i += 1) if (bytes[at + i] !== word[i]) return -1;
  return at + word.length;
};

const isWord = (bytes: Buffer, at: number, end: number, word: Buffer): boolean =>
  end - at === word.length && after(bytes, at, word) === end;

const digitsEnd = (bytes: Buffer, from: number): number => {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = bytes[at])
    at += 1;
  return at;
};

/** The closing quote of a string without escapes. */
const plainStringEnd = (bytes: Buffer, from: number): number => {
  for (let at = from; ; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === undefined || byte < SPACE || byte === BACKSLASH) return -1;
  }
};

/** The closing quote of a string. */
const stringEnd = (bytes: Buffer, from: number): number => {
  for (let at = from; ; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH && bytes[at + 1] !== LF) at += 1;
    else if (byte === undefined || byte < SPACE) return -1;
  }
};

const KEY = Buffer.from('"call_id"');
const VALUE = /^"call_id"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/;
/** Bytes of a key and its id that are read. */
const MAX_ID = 8_192;

/**
 * Whether the line has one of `ids` as the value of a `call_id`, at any depth. Strings that quote
 * such a member do not count: their quotes are escaped.
 */
export const mentionsCall = (line: Buffer, ids: ReadonlySet<string>): boolean => {
  for (let at = line.indexOf(KEY); at !== -1; at = line.indexOf(KEY, at + KEY.length)) {
    const [, id] = VALUE.exec(line.toString('latin1', at, at + MAX_ID)) ?? [];
    if (id === undefined) continue;
    const read = parseLine(Buffer.from(id, 'latin1').toString('utf8'));
    if (read.type === 'json' && typeof read.value === 'string' && ids.has(read.value)) return true;
  }
  return false;
};
