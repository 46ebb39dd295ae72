/** A value within JSON bytes: from its first byte to the one after its last. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, COMMA] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d, 0x2c,
] as const;
const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/** A member of an object. */
export interface Member {
  readonly key: string;
  readonly value: JsonSpan;
}

/**
 * The members of an object, in bytes that JSON.parse has read: all of them, where a key is there
 * more than once. `span` is the object; none when it is no object.
 */
export const membersOf = (json: Buffer, span: JsonSpan): Member[] => {
  if (json[span.start] !== OPEN_OBJECT) return [];
  const found: Member[] = [];
  for (let at = next(json, span.start + 1); at < span.end - 1; ) {
    const name = valueAt(json, at);
    const value = valueAt(json, next(json, next(json, name.end) + 1));
    const key: unknown = JSON.parse(json.toString('utf8', name.start, name.end));
    found.push({ key: String(key), value });
    at = next(json, next(json, value.end) + 1);
  }
  return found;
};

/** The values that stand under a key. */
export const valuesOf = (members: readonly Member[], key: string): JsonSpan[] =>
  members.flatMap((member) => (member.key === key ? [member.value] : []));

/** The values of an array; nothing when it is none. */
export const elementsOf = (json: Buffer, span: JsonSpan): JsonSpan[] => {
  if (json[span.start] !== OPEN_ARRAY) return [];
  const found: JsonSpan[] = [];
  for (let at = next(json, span.start + 1); at < span.end - 1; ) {
    const value = valueAt(json, at);
    found.push(value);
    at = next(json, next(json, value.end) + 1);
  }
  return found;
};

/** The value that begins at or after `from`. */
export const valueAt = (json: Buffer, from: number): JsonSpan => {
  const start = next(json, from);
  const first = json[start];
  if (first === QUOTE) return { start, end: stringEnd(json, start) };
  if (first === OPEN_ARRAY || first === OPEN_OBJECT)
    return { start, end: containerEnd(json, start) };
  let end = start;
  while (
    end < json.length &&
    !isSpace(json[end]) &&
    json[end] !== COMMA &&
    json[end] !== CLOSE_ARRAY &&
    json[end] !== CLOSE_OBJECT
  )
    end += 1;
  return { start, end };
};

/** The next byte that is no space. */
const next = (json: Buffer, from: number): number => {
  let at = from;
  while (isSpace(json[at])) at += 1;
  return at;
};

const stringEnd = (json: Buffer, start: number): number => {
  for (let at = json.indexOf(QUOTE, start + 1); at !== -1; at = json.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return json.length;
};

const containerEnd = (json: Buffer, start: number): number => {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) at = stringEnd(json, at) - 1;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return json.length;
};
