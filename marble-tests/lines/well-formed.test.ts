import { describe, expect, it } from 'vitest';
import { wellFormed, wellFormedJson } from '../../src/lines/well-formed.js';

describe('wellFormed', () => {
  it.each([
    ['a high surrogate', 'a\uD83D', 'a\uFFFD'],
    ['a low surrogate', '\uDCA5b', '\uFFFDb'],
    ['surrogates in the wrong order', '\uDCA5\uD83D', '\uFFFD\uFFFD'],
    ['a surrogate at any depth', { a: [{ b: '\uD83D' }] }, { a: [{ b: '\uFFFD' }] }],
  ])('replaces %s by U+FFFD', (_, given, expected) => {
    expect(wellFormed(given)).toEqual(expected);
  });

  it('throws for a lone surrogate in a key, because two keys could become one', () => {
    expect(() => wellFormed({ a: { '\uD83D': 1, '\uD83E': 2 } })).toThrow(
      'its key "\\ud83d" has half a character',
    );
  });
});

describe('wellFormedJson', () => {
  it.each([
    ['pairs', '🎉'],
    ['the words of an escape', '\\ud83d'],
    ['a NUL, U+2028, U+FFFF, U+FEFF', '\u0000\u2028\uFFFF\uFEFF'],
    ['odd keys', { '': 1, ['__proto__']: 2, constructor: 3 }],
  ])('keeps %s', (_, value) => {
    expect(JSON.parse(wellFormedJson(value))).toEqual(value);
  });

  it('replaces a lone surrogate', () => {
    expect(wellFormedJson({ a: '\uD83D' })).toBe('{"a":"\uFFFD"}');
  });
});
