import { describe, expect, it } from 'vitest';
import { printable, printableLine, printableLines } from '../../src/text/printable.js';

describe('printable', () => {
  it('removes control characters, except tab and LF', () => {
    expect(printable('a\u001B[31m\tb\r\n\u0000\u009B1Ac\u007F')).toBe('a[31m\tb\n1Ac');
  });
});

describe('printableLines', () => {
  it('splits at LF and replaces characters that move the cursor or change the writing direction', () => {
    expect(printableLines('a\u001B[2J\nb\t\u202Ec')).toEqual(['a\uFFFD[2J', 'b\uFFFD\uFFFDc']);
  });
});

describe('printableLine', () => {
  it.each([
    ['two\n lines\tand\u2028more ', 'two lines and more'],
    ['\u001B[31mred\u0007', '\uFFFD[31mred\uFFFD'],
    ['a\u202Eb\u200Bc', 'abc'],
    ['half \uD83D', 'half \uFFFD'],
    ['\uFFFE', '\uFFFD'],
  ])('prints %j as %j', (text, printed) => {
    expect(printableLine(text)).toBe(printed);
  });
});
