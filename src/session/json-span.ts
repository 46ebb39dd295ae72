/** The position of a JSON value in a buffer: `start` is its first byte, `end` is exclusive. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

/** A member of a JSON object. */
export interface Member {
  readonly key: string;
  readonly value: JsonSpan;
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, COMMA] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d, 0x2c,
] as const;
const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/**
 * The members of the object at `span`, duplicate keys included. Empty when the value is not an
 * object. The bytes must be valid JSON.
 */
export const membersOf = (json: Buffer, span: JsonSpan): Member[] => {
  if (json[span.start] !== OPEN_OBJECT) return [];
  const members: Member[] = [];
  for (let at = skipSpaces(json, span.start + 1); at < span.end - 1; ) {
    const name = valueAt(json, at);
    const value = valueAt(json, skipSpaces(json, name.end) + 1);
    const key: unknown = JSON.parse(json.toString('utf8', name.start, name.end));
    members.push({ key: String(key), value });
    at = skipSpaces(json, skipSpaces(json, value.end) + 1);
  }
  return members;
};

/** The values of all members with the key. */
export const valuesOf = (members: readonly Member[], key: string): JsonSpan[] =>
  members.flatMap((member) => (member.key === key ? [member.value] : []));

/** The string value of a key; of a duplicate key the last value, as JSON.parse has it. */
export const stringOf = (
  json: Buffer,
  members: readonly Member[],
  key: string,
): string | undefined => {
  const span = valuesOf(members, key).at(-1);
  const value: unknown =
    span === undefined ? undefined : JSON.parse(json.toString('utf8', span.start, span.end));
  return typeof value === 'string' ? value : undefined;
};

/** The elements of the array at `span`. Empty when the value is not an array. */
export const elementsOf = (json: Buffer, span: JsonSpan): JsonSpan[] => {
  if (json[span.start] !== OPEN_ARRAY) return [];
  const elements: JsonSpan[] = [];
  for (let at = skipSpaces(json, span.start + 1); at < span.end - 1; ) {
    const value = valueAt(json, at);
    elements.push(value);
    at = skipSpaces(json, skipSpaces(json, value.end) + 1);
  }
  return elements;
};

/** The value that begins at `from`, or after the white space there. */
export const valueAt = (json: Buffer, from: number): JsonSpan => {
  const start = skipSpaces(json, from);
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

const skipSpaces = (json: Buffer, from: number): number => {
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
