import { describe, expect, it } from 'vitest';
import { marbleGap, marbleGroup } from '../../src/marbles/marble-group.js';

describe('marbleGroup', () => {
  it.each<[string, number | undefined, string]>([
    ['a', undefined, 'a'],
    ['ab', undefined, '(ab)'],
    ['abcdefgh', undefined, '(abcdefgh)'],
    ['abcdef', 6, '(abcdef)'],
    ['abcdefgh', 6, '(abcd+3h)'],
  ])('draws the letters %s, at most %s of them, as %s', (letters, most, group) => {
    expect(marbleGroup(Array.from(letters), most)).toBe(group);
  });
});

describe('marbleGap', () => {
  it.each<[number, string]>([
    [-1, ''],
    [0, ''],
    [30, '-'.repeat(30)],
    [31, ' 310ms '],
  ])('draws %s columns as "%s"', (columns, gap) => {
    expect(marbleGap(columns, `${columns * 10}ms`)).toBe(gap);
  });
});
