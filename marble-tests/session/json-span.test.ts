import { describe, expect, it } from 'vitest';
import {
  elementsOf,
  type JsonSpan,
  membersOf,
  valueAt,
  valuesOf,
} from '../../src/session/json-span.js';

const textOf = (json: Buffer, { start, end }: JsonSpan): string =>
  json.toString('utf8', start, end);

describe('valueAt', () => {
  it.each([
    ['"a"', '"a"'],
    [' \t\r\n"a" ', '"a"'],
    ['"a\\"b"x', '"a\\"b"'],
    ['"a\\\\"x"', '"a\\\\"'],
    ['"]}"', '"]}"'],
    ['"é"', '"é"'],
    ['[1,[2],"]"] ', '[1,[2],"]"]'],
    ['{"a":{"b":"}"}}x', '{"a":{"b":"}"}}'],
    ['12.5e3,', '12.5e3'],
    ['true]', 'true'],
    ['null}', 'null'],
    ['1 ', '1'],
    ['1\n', '1'],
    ['1', '1'],
    ['', ''],
    ['"open', '"open'],
    ['[1,2', '[1,2'],
  ])('finds the value in %j', (text, value) => {
    const json = Buffer.from(text);
    expect(textOf(json, valueAt(json, 0))).toBe(value);
  });

  it('starts at the given byte', () => {
    const json = Buffer.from('[1, 22]');
    expect(valueAt(json, 3)).toEqual({ start: 4, end: 6 });
  });
});

describe('membersOf', () => {
  const members = (text: string) => {
    const json = Buffer.from(text);
    return membersOf(json, valueAt(json, 0)).map(({ key, value }) => [key, textOf(json, value)]);
  };

  it.each([
    ['{}', []],
    ['{ }', []],
    ['{"a":1}', [['a', '1']]],
    [
      '{ "a" : 1 , "b" :[2, 3]}',
      [
        ['a', '1'],
        ['b', '[2, 3]'],
      ],
    ],
    [
      '{"a":1,"a":2}',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['{"\\u0061":"x"}', [['a', '"x"']]],
    [
      '{"a":{"b":1},"c":null}',
      [
        ['a', '{"b":1}'],
        ['c', 'null'],
      ],
    ],
    ['[1]', []],
    ['"a"', []],
  ])('lists the members of %s', (text, expected) => {
    expect(members(text)).toEqual(expected);
  });
});

describe('valuesOf', () => {
  it('returns all values of a duplicate key', () => {
    const [a, b, c] = [
      { start: 1, end: 2 },
      { start: 3, end: 4 },
      { start: 5, end: 6 },
    ];
    const members = [
      { key: 'x', value: a },
      { key: 'y', value: b },
      { key: 'x', value: c },
    ];
    expect(valuesOf(members, 'x')).toEqual([a, c]);
    expect(valuesOf(members, 'z')).toEqual([]);
  });
});

describe('elementsOf', () => {
  it.each([
    ['[]', []],
    ['[ ]', []],
    ['[1]', ['1']],
    ['[ 1 , "a,]" ,[2], {"b":3} ]', ['1', '"a,]"', '[2]', '{"b":3}']],
    ['{"a":1}', []],
    ['7', []],
  ])('lists the elements of %s', (text, expected) => {
    const json = Buffer.from(text);
    expect(elementsOf(json, valueAt(json, 0)).map((span) => textOf(json, span))).toEqual(expected);
  });
});
