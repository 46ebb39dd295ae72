/**
 * Marks, within this process, a string that stands for JSON which JavaScript would change: a number
 * that it would write differently (12345678901234567890, 1.0, -0, 1e400), and a key that it would
 * move or that libraries drop ("10", "__proto__"). Made at the first such value: most processes
 * never see one, and randomness takes 5 ms to load.
 */
let made: { readonly mark: string; readonly marked: RegExp } | undefined;
const marks = (): NonNullable<typeof made> => {
  if (made !== undefined) return made;
  const mark = `${crypto.randomUUID()}:`;
  made = { mark, marked: new RegExp(`"${mark}(-?\\d[\\d.eE+-]*)"(?!:)|${mark}`, 'g') };
  return made;
};
const isMarked = (json: string): boolean => made !== undefined && json.includes(made.mark);

const NUMBER = /-?\d[\d.eE+-]*/g;
const MOVED_KEY = /^(?:\d+|__proto__)$/;

/**
 * Parses JSON so that `exactJson` writes the same numbers, and the keys in the same order; of a
 * duplicate key the last value. Throws as JSON.parse does. Takes linear time.
 */
export const parseExact = (text: string): unknown => JSON.parse(marked(text));

/** The JSON text of a value from `parseExact`, or of any other. */
export const exactJson = (value: unknown): string => {
  const json = JSON.stringify(value);
  return isMarked(json)
    ? json.replace(marks().marked, (_, number: string | undefined) => number ?? '')
    : json;
};

/** The value as JSON.parse has it. */
export const inexact = (value: unknown): unknown =>
  isMarked(JSON.stringify(value)) ? JSON.parse(exactJson(value)) : value;

/** The value as JSON.parse has it. Throws for a number that JavaScript cannot hold. */
export const plainValue = (value: unknown): unknown => {
  const json = exactJson(value);
  outsideStrings(json, (part) => {
    const changed = part.match(NUMBER)?.find((number) => !isHeld(number));
    if (changed !== undefined)
      throw new RangeError(
        `JavaScript cannot hold the number ${changed.slice(0, 80)}; pass it as a string`,
      );
  });
  return inexact(value);
};

/** A fraction is rounded, as every reader of JSON does; a whole number must not be. */
const isHeld = (number: string): boolean => {
  const read = Number(number);
  return Number.isFinite(read) && (!/^-?\d+$/.test(number) || BigInt(number) === BigInt(read));
};

const marked = (text: string): string => {
  const pieces: string[] = [];
  let done = 0;
  const replace = (start: number, end: number, by: string): void => {
    pieces.push(text.slice(done, start), by);
    done = end;
  };
  outsideStrings(
    text,
    (part, at) => {
      for (const { 0: number, index } of part.matchAll(NUMBER))
        if (String(Number(number)) !== number)
          replace(at + index, at + index + number.length, `"${marks().mark}${number}"`);
    },
    (start, end) => {
      const key: unknown = JSON.parse(text.slice(start, end));
      if (typeof key === 'string' && MOVED_KEY.test(key))
        replace(start, end, JSON.stringify(`${marks().mark}${key}`));
    },
  );
  return pieces.length === 0 ? text : [...pieces, text.slice(done)].join('');
};

/**
 * Calls `onPart` with each part of a JSON text that may hold a number, and `onKey` with the span of
 * each key that may be one of `MOVED_KEY`.
 */
const outsideStrings = (
  text: string,
  onPart: (part: string, at: number) => void,
  onKey: (start: number, end: number) => void = () => undefined,
): void => {
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    if (end - at > 1 || quote === -1) onPart(text.slice(at, end), at);
    if (quote === -1) return;
    at = stringEnd(text, quote);
    if (/[\d_\\]/.test(text.charAt(quote + 1)) && isKey(text, at)) onKey(quote, at);
  }
};

const isKey = (text: string, at: number): boolean => {
  let next = at;
  while (' \t\n\r'.includes(text.charAt(next)) && next < text.length) next += 1;
  return text.charAt(next) === ':';
};

/** The index after the string that begins at `quote`. */
const stringEnd = (text: string, quote: number): number => {
  for (let end = text.indexOf('"', quote + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text.charAt(first - 1) === '\\') first -= 1;
    if ((end - first) % 2 === 0) return end + 1;
  }
  return text.length;
};
