import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MarkAt, marbleLine } from '../../src/marbles/marble-line.js';
import { widthOf } from '../../src/text/display-width.js';
import { holds } from '../support/fuzz.js';

const each = (letters: string, every: number): MarkAt[] =>
  Array.from(letters, (letter, nth) => [nth * every, letter]);
/** One column is one millisecond. */
const at = (ms: number): number => ms;

describe('marbleLine', () => {
  it.each<[string, readonly MarkAt[], string]>([
    ['nothing', [], ''],
    ['one mark', [[3, 'a']], '---a'],
    [
      'marks in time',
      [
        [0, 'M'],
        [5, 't'],
        [9, 'E'],
      ],
      'M----t---E',
    ],
    [
      'neighbours',
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
      ],
      'abc',
    ],
    [
      'the same moment',
      [
        [2, 'a'],
        [2, 'b'],
        [9, 'c'],
      ],
      '--(ab)---c',
    ],
    [
      'what falls below a group',
      [
        [2, 'a'],
        [2, 'b'],
        [4, 'c'],
        [9, 'd'],
      ],
      '--(abc)--d',
    ],
    [
      'what comes right after a group',
      [
        [2, 'a'],
        [2, 'b'],
        [6, 'c'],
      ],
      '--(ab)c',
    ],
    [
      'what goes on, in each column that it reaches',
      [
        [0, 'M'],
        [3, 't'],
        [4, 't', true],
        [4.5, 't', true],
        [5, 't', true],
        [8, 't', true],
      ],
      'M--ttt--t',
    ],
    [
      'what goes on beside a group, which does not grow',
      [
        [2, 'h'],
        [2, 't'],
        [3, 't', true],
        [5, 't', true],
        [6, 't', true],
      ],
      '--(ht)t',
    ],
    ['more than six', each('abcdefgh', 0), '(abcd+3h)'],
    [
      'a group that would cross the end',
      [
        [0, 'a'],
        [19, 'b'],
        [19, 'c'],
      ],
      'a---------------(bc)',
    ],
    [
      'a group that meets another at the end',
      [
        [15, 'a'],
        [18, 'b'],
        [19, 'c'],
        [19, 'd'],
      ],
      '--------------(abcd)',
    ],
    [
      'what goes on up to a group at the end',
      [
        [14, 't'],
        [15, 't', true],
        [16, 't', true],
        [17, 't', true],
        [19, 'c'],
        [19, 'E'],
      ],
      '--------------tt(cE)',
    ],
    [
      'what is after the end',
      [
        [0, 'a'],
        [500, 'b'],
      ],
      'a------------------b',
    ],
    [
      'letters that take two columns',
      [
        [0, '你'],
        [5, 'b'],
      ],
      '你---b',
    ],
  ])('draws %s', (_, marks, expected) => {
    expect(marbleLine(marks, { columns: 20, at })).toBe(expected);
  });

  it('is to scale without a place for each moment', () => {
    expect(
      marbleLine(
        [
          [0, 'M'],
          [500, 't'],
          [1_000, 'E'],
        ],
        { columns: 11 },
      ),
    ).toBe('M----t----E');
    expect(
      marbleLine(
        [
          [7, 'M'],
          [7, 'E'],
        ],
        { columns: 11 },
      ),
    ).toBe('-------(ME)');
    expect(
      marbleLine(
        [
          [0, 'M'],
          [0, 'E'],
        ],
        { columns: 11 },
      ),
    ).toBe('(ME)');
  });

  const marks = fc.array(
    fc.tuple(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.constantFrom(...Array.from('abcdefgh')),
    ),
    { maxLength: 300 },
  );
  const sorted = marks.map((all) => all.toSorted(([a], [b]) => a - b));

  it('is never wider than its columns', () => {
    holds(
      fc.property(sorted, fc.integer({ min: 16, max: 200 }), (all, columns) => {
        expect(widthOf(marbleLine(all, { columns }))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('keeps every mark, in its order', () => {
    holds(
      fc.property(sorted, fc.integer({ min: 16, max: 200 }), (all, columns) => {
        const letters = all.map(([, letter]) => letter);
        const drawn = Array.from(
          marbleLine(all, { columns }).matchAll(/([a-h]+)(?:\+(\d+))?/g),
        ).flatMap(([, shown = '', more = '0']) => [
          ...Array.from(shown),
          ...Array.from({ length: Number(more) }, () => undefined),
        ]);
        expect(drawn.map((letter, nth) => letter ?? letters[nth])).toEqual(letters);
      }),
    );
  });
});
