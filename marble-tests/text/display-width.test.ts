import { expect, it } from 'vitest';
import { fit, padded, printableText, widthOf } from '../../src/text/display-width.js';

it.each([
  ['abc', 3],
  ['名前', 4],
  ['한국', 4],
  ['🐦', 2],
  ['❤️', 2],
  ['e\u0301', 1],
  ['a…─', 3],
  ['ｱ', 1],
])('%j takes %s columns', (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});

it.each([
  ['two\n lines\tand\u2028more ', 'two lines and more'],
  ['\u001B[31mred\u0007', '\uFFFD[31mred\uFFFD'],
  ['a\u202Eb\u200Bc', 'abc'],
  ['half \uD83D', 'half \uFFFD'],
  ['\uFFFE', '\uFFFD'],
])('%j is printed as %j', (text, printed) => {
  expect(printableText(text)).toBe(printed);
});

it.each([
  ['fits', 4, 'fits'],
  ['too long', 5, 'too…'],
  ['名前が', 4, '名…'],
  ['名前が', 5, '名前…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%j fits in %s columns as %j', (text, columns, cut) => {
  expect(fit(text, columns)).toBe(cut);
});

it('pads to columns, not to characters', () => {
  expect([padded('名', 4), padded('名前が', 4)]).toEqual(['名  ', '名… ']);
});
