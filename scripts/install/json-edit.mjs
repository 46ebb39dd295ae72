// Changes one place of a JSON text and no other byte of it. The text has to be right: JSON.parse
// goes first.

/**
 * A value and where it stands in its text. The entries are the elements of an array, or the members
 * of an object, which begin at their key.
 * @typedef {{ start: number, end: number, kind: 'object' | 'array' | 'scalar', entries: { start:
 * number, key: string, value: Span }[] }} Span
 */

/** @param {RegExp} pattern sticky @param {string} text @param {number} at */
const pass = (pattern, text, at) => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
};
/** @param {string} text @param {number} at */
const gap = (text, at) => pass(/[ \t\r\n]*/y, text, at);
/** @param {string} text @param {number} at */
const scalarEnd = (text, at) =>
  text[at] === '"' ? pass(/"[^"\\]*(?:\\.[^"\\]*)*"/y, text, at) : pass(/[^\s,\]}]+/y, text, at);

/**
 * Where the value that begins at or after `at` stands.
 * @param {string} text @param {number} [at] @returns {Span}
 */
export const spanOf = (text, at = 0) => {
  const start = gap(text, at);
  const kind = text[start] === '{' ? 'object' : text[start] === '[' ? 'array' : 'scalar';
  if (kind === 'scalar') return { start, end: scalarEnd(text, start), kind, entries: [] };
  const entries = [];
  let here = gap(text, start + 1);
  while (text[here] !== '}' && text[here] !== ']') {
    const from = here;
    let key = '';
    if (kind === 'object') {
      const end = scalarEnd(text, here);
      key = JSON.parse(text.slice(here, end));
      here = gap(text, end) + 1;
    }
    const value = spanOf(text, here);
    entries.push({ start: from, key, value });
    here = gap(text, value.end);
    if (text[here] === ',') here = gap(text, here + 1);
  }
  return { start, end: here + 1, kind, entries };
};

/**
 * The member that counts: of a key that is there twice, the last.
 * @param {Span} span @param {string} key
 */
export const memberOf = (span, key) =>
  span.kind === 'object' ? span.entries.findLast((entry) => entry.key === key)?.value : undefined;

/** @param {string} text @param {{ start: number, end: number }} span @param {string} by */
export const replaced = (text, { start, end }, by) => text.slice(0, start) + by + text.slice(end);

/**
 * Adds an entry at the end, indented as the one before it.
 * @param {string} text @param {Span} span @param {string} entry
 */
export const appended = (text, { start, entries }, entry) => {
  const last = entries.at(-1);
  if (last === undefined) return replaced(text, { start: start + 1, end: start + 1 }, entry);
  const before = /\s*$/.exec(text.slice(start + 1, last.start))?.[0] ?? '';
  return replaced(text, { start: last.value.end, end: last.value.end }, `,${before}${entry}`);
};

/**
 * Takes an entry out, with its comma.
 * @param {string} text @param {Span} span @param {number} nth
 */
export const without = (text, { start, end, entries }, nth) => {
  const [before, entry, after] = [entries[nth - 1], entries[nth], entries[nth + 1]];
  if (entry === undefined) return text;
  if (after !== undefined) return replaced(text, { start: entry.start, end: after.start }, '');
  if (before !== undefined)
    return replaced(text, { start: before.value.end, end: entry.value.end }, '');
  return replaced(text, { start: start + 1, end: end - 1 }, '');
};
