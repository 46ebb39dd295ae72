import { describe, expect, it } from 'vitest';
import { fit, padded, widthOf } from '../../src/text/display-width.js';

describe('widthOf', () => {
  it.each([
    ['abc', 3],
    ['名前', 4],
    ['한국', 4],
    ['🐦', 2],
    ['❤️', 2],
    ['e\u0301', 1],
    ['a…─', 3],
    ['ｱ', 1],
  ])('returns for %j the width %s', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});

describe('fit', () => {
  it.each([
    ['fits', 4, 'fits'],
    ['too long', 5, 'too…'],
    ['名前が', 4, '名…'],
    ['名前が', 5, '名前…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('cuts %j to %s columns as %j', (text, columns, cut) => {
    expect(fit(text, columns)).toBe(cut);
  });
});

describe('padded', () => {
  it('pads to columns, not to characters', () => {
    expect([padded('名', 4), padded('名前が', 4)]).toEqual(['名  ', '名… ']);
  });
});
