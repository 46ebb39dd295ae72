import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createPrinter,
  printable,
  printableJson,
  printableLine,
} from '../../src/text/printable.js';
import { holds } from '../support/fuzz.js';

const FLAG = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}';
const ORDINARY = [
  'plain\ttext\nwith lines',
  'família 漢字 Ελληνικά',
  '👨\u200D👩\u200D👧 🏳\uFE0F\u200D🌈 👍🏽 ❤\uFE0F ☎\uFE0E 1\uFE0F\u20E3',
  FLAG,
  'می\u200Cخواهم क्\u200Dष',
];

/** Controls but LF and tab, and what reorders or separates. */
const DANGEROUS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u;

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 0xa0 }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom(
        '\u202E',
        '\u2066',
        '\u061C',
        '\u200D',
        '\uFE0F',
        '\u{E0041}',
        '👩',
        '\r',
        '\n',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('printable', () => {
  it.each([
    ['colours', '\u001B[31mred', '\\u001b[31mred'],
    ['a new title', '\u001B]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['C1 controls', '\u009B2J', '\\u009b2J'],
    ['a CR and backspaces', 'a\rb\bc', 'a\\u000db\\u0008c'],
    ['bidi controls', 'a\u202E\u2066\u200F\u061Cb', 'a\\u202e\\u2066\\u200f\\u061cb'],
    ['zero width', 'a\u200B\u2060\uFEFFb', 'a\\u200b\\u2060\\ufeffb'],
    ['a soft hyphen and fillers', 'a\u00AD\u3164b', 'a\\u00ad\\u3164b'],
    ['tags', 'a\u{E0041}b', 'a\\u{e0041}b'],
    ['selectors without a character of theirs', 'a\uFE0F\u{E0100}', 'a\\ufe0f\\u{e0100}'],
    ['a second selector', '❤\uFE0F\uFE0F', '❤\uFE0F\\ufe0f'],
    ['joiners between other letters', 'a\u200Db\u200Cc', 'a\\u200db\\u200cc'],
    ['half a surrogate pair', 'half \uD83D', 'half \\ud83d'],
    ['line separators', 'a\u2028b', 'a\\u2028b'],
  ])('shows as an escape: %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each(ORDINARY)('leaves ordinary text alone: %s', (text) => {
    expect(printable(text)).toBe(text);
  });

  it('drops the CR of a line ending', () => {
    expect(printable('a\r\nb')).toBe('a\nb');
  });

  it('lets nothing through that a terminal acts on, whole, in pieces, and in JSON', () => {
    holds(
      fc.property(fc.array(hostile), (pieces) => {
        const print = createPrinter();
        const inPieces = [...pieces, '\n'].map(print).join('');
        for (const shown of [printable(pieces.join('')), inPieces])
          expect(DANGEROUS.test(shown)).toBe(false);

        const json = printableJson(JSON.stringify(pieces));
        expect(DANGEROUS.test(json)).toBe(false);
        expect(JSON.parse(json)).toEqual(pieces);
        expect(/[\n\t\r]/.test(printableLine(pieces.join('')))).toBe(false);
      }),
    );
  });
});

describe('createPrinter', () => {
  it.each(ORDINARY)('leaves ordinary text alone, one code point a piece: %s', (text) => {
    const print = createPrinter();
    const pieces = Array.from(text);
    expect([...pieces, '\n'].map(print).join('')).toBe(`${text}\n`);
  });

  it('knows a line ending that is split', () => {
    const print = createPrinter();
    expect(['a\r', '\nb\r', 'c'].map(print)).toEqual(['a', '\nb', '\\u000dc']);
  });
});

describe('printableLine', () => {
  it.each([
    ['two\n lines\tand\u2028more ', 'two lines and more'],
    ['\u001B[31mred\u0007', '\\u001b[31mred\\u0007'],
    ['a\u202Eb\u200Bc', 'a\\u202eb\\u200bc'],
    ['\uFFFE', '\\ufffe'],
  ])('prints %j as %j', (text, printed) => {
    expect(printableLine(text)).toBe(printed);
  });
});
