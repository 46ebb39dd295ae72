/** A value of a JSON text and its position. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: 'object' | 'array' | 'scalar';
  /** The elements of an array, or the members of an object, which start at their key. */
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly start: number;
  readonly key: string;
  readonly value: Span;
}

/** The position behind a sticky pattern, or `at` when it does not match there. */
const skipMatch = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
};

const skipSpace = (text: string, at: number): number => skipMatch(/[ \t\r\n]*/y, text, at);

const scalarEnd = (text: string, at: number): number =>
  text[at] === '"'
    ? skipMatch(/"[^"\\]*(?:\\.[^"\\]*)*"/y, text, at)
    : skipMatch(/[^\s,\]}]+/y, text, at);

/**
 * The position of the value that starts at or after `at`. The text must be valid JSON: callers run
 * `JSON.parse` first.
 */
export const spanOf = (text: string, at = 0): Span => {
  const start = skipSpace(text, at);
  const kind = text[start] === '{' ? 'object' : text[start] === '[' ? 'array' : 'scalar';
  if (kind === 'scalar') return { start, end: scalarEnd(text, start), kind, entries: [] };
  const entries: Entry[] = [];
  let here = skipSpace(text, start + 1);
  while (text[here] !== '}' && text[here] !== ']') {
    const from = here;
    let key = '';
    if (kind === 'object') {
      const end = scalarEnd(text, here);
      key = String(JSON.parse(text.slice(here, end)));
      here = skipSpace(text, end) + 1;
    }
    const value = spanOf(text, here);
    entries.push({ start: from, key, value });
    here = skipSpace(text, value.end);
    if (text[here] === ',') here = skipSpace(text, here + 1);
  }
  return { start, end: here + 1, kind, entries };
};

/** The value of a key. When the key occurs twice the last one counts, as for `JSON.parse`. */
export const memberOf = (span: Span, key: string): Span | undefined =>
  span.kind === 'object' ? span.entries.findLast((entry) => entry.key === key)?.value : undefined;

/** The text with `by` in place of the range. */
export const replaceRange = (
  text: string,
  { start, end }: Pick<Span, 'start' | 'end'>,
  by: string,
): string => text.slice(0, start) + by + text.slice(end);

/** The text with an entry added at the end, indented as the entry before it. */
export const appendEntry = (text: string, { start, entries }: Span, entry: string): string => {
  const last = entries.at(-1);
  if (last === undefined) return replaceRange(text, { start: start + 1, end: start + 1 }, entry);
  const gap = text.slice(start + 1, last.start);
  const before = gap.slice(gap.trimEnd().length);
  return replaceRange(text, { start: last.value.end, end: last.value.end }, `,${before}${entry}`);
};

/** The text without the `nth` entry and its comma. */
export const removeEntry = (text: string, { start, end, entries }: Span, nth: number): string => {
  const [before, entry, after] = [entries[nth - 1], entries[nth], entries[nth + 1]];
  if (entry === undefined) return text;
  if (after !== undefined) return replaceRange(text, { start: entry.start, end: after.start }, '');
  if (before !== undefined)
    return replaceRange(text, { start: before.value.end, end: entry.value.end }, '');
  return replaceRange(text, { start: start + 1, end: end - 1 }, '');
};
