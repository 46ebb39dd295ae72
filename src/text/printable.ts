/**
 * What a terminal does not print as it stands: controls, which move the cursor, colour, retitle or
 * erase; bidi controls, which reorder; characters that are invisible (zero width, tags, variation
 * selectors, fillers); line separators; halves of a surrogate pair.
 */
const UNPRINTABLE = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\uFFFE\uFFFF]`;

/**
 * Invisible characters that belong to visible ones: the joiners and selectors of emoji, the flags
 * of England, Scotland and Wales, keycaps, and the joiners inside a word of a joining script. A CR
 * before a LF is dropped.
 */
const ORDINARY = String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})|(?<=\p{Extended_Pictographic})[\uFE0E\uFE0F]|(?<=[0-9#*])\uFE0F(?=\u20E3)|(?<=\u{1F3F4})\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}|(?<=JOINING)[\u200C\u200D](?=JOINING)|\r(?=\n)`;

const JOINING = `[${[
  'Arab',
  'Syrc',
  'Mong',
  'Deva',
  'Beng',
  'Guru',
  'Gujr',
  'Orya',
  'Taml',
  'Telu',
  'Knda',
  'Mlym',
  'Sinh',
]
  .map((script) => `\\p{Script=${script}}`)
  .join('')}]`;

/** A pattern that is made when it is first used: sets of Unicode take a millisecond. */
const lazily = (make: () => RegExp): (() => RegExp) => {
  let made: RegExp | undefined;
  return () => (made ??= make());
};

const unprintable = lazily(() => new RegExp(UNPRINTABLE, 'gu'));
const handled = lazily(
  () =>
    new RegExp(`(?<kept>${ORDINARY.replaceAll('JOINING', JOINING)}|[\\t\\n])|${UNPRINTABLE}`, 'gu'),
);

/**
 * The text as a terminal may print it: every character that moves the cursor, colours, retitles,
 * reorders or is invisible is shown as an escape, `\u001b` or `\u{e0041}`. LF and tab stay; so do
 * the invisible parts of emoji and of words.
 */
export const printable = (text: string): string =>
  text.replace(handled(), (found, kept: string | undefined) => {
    if (kept === undefined) return escapeOf(found);
    return found === '\r' ? '' : found;
  });

/**
 * The text on one line, as a terminal may print it and XML may hold it. White space becomes one
 * space; joiners go, since terminals differ in the columns of what they join.
 */
export const printableLine = (text: string): string =>
  printable(text.replace(/\s+/gu, ' ').trim()).replace(/\p{Cf}/gu, '');

/** JSON text as a terminal may print it: the same value, with escapes in its strings. */
export const printableJson = (json: string): string =>
  json.replace(unprintable(), (found) =>
    found === '\n' || found === '\t'
      ? found
      : found.replace(/[^]/g, (unit) => `\\u${hex(unit.charCodeAt(0)).padStart(4, '0')}`),
  );

const hex = (code: number): string => code.toString(16);

const escapeOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${hex(code)}}` : `\\u${hex(code).padStart(4, '0')}`;
};

/** The end of a piece that means nothing without the next one. */
const OPEN_END = /(?:\u{1F3F4}[\u{E0061}-\u{E007A}]*|[\u200C\u200D\uFE0F\r\uD800-\uDBFF])$/u;

/**
 * Makes a text in pieces printable; emoji and line endings may be split between two pieces. Returns
 * what to print of a piece; an open end comes with the next one.
 */
export const createPrinter = (): ((piece: string) => string) => {
  let held = '';
  let before = '';
  return (piece) => {
    const text = held + piece;
    held = OPEN_END.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - held.length);
    const printed = printable(before + whole).slice(printable(before).length);
    before = Array.from((before + whole).slice(-4)).at(-1) ?? '';
    return printed;
  };
};
