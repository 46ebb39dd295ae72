import { describe, expect, it } from 'vitest';
import { exactJson, inexact, parseExact, plainValue } from '../../src/lines/exact-json.js';
import { readFrame } from '../../src/lines/read-frame.js';

/** What JSON allows and JavaScript, serde or Go read differently. */
const table = [
  ['a whole number beyond 2^53', '{"n":12345678901234567890}'],
  ['the largest number of 64 bits, negative', '[-9223372036854775808,18446744073709551615]'],
  ['a number of 400 digits', `[${'9'.repeat(400)}]`],
  ['a number beyond all doubles', '{"n":1e400,"m":-1E+400}'],
  ['a float that is whole', '[1.0,-1.50,0.0]'],
  ['a negative zero', '[-0,-0.0]'],
  ['an exponent', '[1e3,1E-7,1e+2]'],
  ['more digits than a double has', '[0.1000000000000000055511151231257827]'],
  ['plain numbers', '[0,1,-1,0.1,1e+21,9007199254740991]'],
  ['keys that JavaScript reorders', '{"b":0,"10":1,"9":2,"4294967295":3,"01":4}'],
  [
    'keys of Object.prototype',
    '{"__proto__":{"a":1},"constructor":2,"toString":3,"__defineGetter__":4}',
  ],
  ['an empty key', '{"":1," ":2}'],
  ['a NUL, U+2028, U+FFFF and a BOM in a text', '{"a":"\\u0000\u2028\u2029\uFFFF\uFEFF"}'],
  ['numbers and keys in a text', '["\\"10\\":1.0","\\\\","1e400","\\\\\\"-0"]'],
  ['a number right after a text', '{"a":"\\\\","b":1.0,"10":["x",2.0]}'],
  ['numbers at every level', '{"1":[{"2":{"3":[[-0]]}}]}'],
] as const;

describe('exactJson', () => {
  it.each(table)('writes the text that parseExact has read: %s', (_, json) => {
    expect(exactJson(parseExact(json))).toBe(json);
  });

  it('takes the last value of a duplicate key, as serde and Go do', () => {
    expect(exactJson(parseExact('{"a":1.0,"10":1,"a":2.0,"10":3}'))).toBe('{"a":2.0,"10":3}');
  });

  it('reads white space and escaped keys', () => {
    expect(exactJson(parseExact('{ "b" : 1.0 ,\n"\\u0031" :\t[ 1 ] }'))).toBe('{"b":1.0,"1":[1]}');
  });

  it('writes any other value as JSON.stringify does', () => {
    expect(exactJson({ 10: 1, text: '1.0', half: '\uD83D' })).toBe(
      '{"10":1,"text":"1.0","half":"\\ud83d"}',
    );
  });

  it('takes linear time', () => {
    const texts = JSON.stringify({ a: '\\"'.repeat(500_000), b: 'x'.repeat(1_000_000) });
    expect(exactJson(parseExact(texts)) === texts).toBe(true);
  });
});

describe('inexact', () => {
  it.each(table)('is what JSON.parse makes of it: %s', (_, json) => {
    expect(inexact(parseExact(json))).toEqual(JSON.parse(json));
  });
});

describe('plainValue', () => {
  it('is what JSON.parse makes of numbers that JavaScript holds', () => {
    const json = '{"10":1.0,"9":-0,"f":0.10,"e":1e3,"s":"12345678901234567890"}';
    expect(plainValue(parseExact(json))).toEqual(JSON.parse(json));
  });

  it.each(['12345678901234567890', '9007199254740993', '1e400', '9'.repeat(400)])(
    'throws for %s',
    (number) => {
      expect(() => plainValue(parseExact(`{"a":[${number}]}`))).toThrow(
        `JavaScript cannot hold the number ${number.slice(0, 80)}`,
      );
    },
  );
});

const deep = '{"n":12345678901234567890,"10":1.0,"9":[-0]}';

describe('readFrame', () => {
  it.each([
    [
      'the arguments of a call',
      `{"method":"tools/call","params":{"name":"a","arguments":${deep}}}`,
    ],
    ['structured content', `{"id":1,"result":{"content":[],"structuredContent":${deep}}}`],
    [
      'the schemas of tools',
      `{"params":{"request":{"tools":[{"name":"a","inputSchema":${deep}},{"input_schema":${deep}}]}}}`,
    ],
    ['an id beyond 2^53', '{"id":9007199254740993,"method":"ping"}'],
    ['the id of a cancel', '{"params":{"requestId":9007199254740993}}'],
    ['an id beyond all doubles', '{"id":1e400,"method":"ping"}'],
    ['an id of negative zero', '{"id":-0,"method":"ping"}'],
    ['the token of progress', '{"params":{"_meta":{"progressToken":-1e400}}}'],
  ])('keeps %s', (_, json) => {
    expect(exactJson(readFrame(json))).toBe(json);
  });

  it('reads the other parts as JSON.parse does', () => {
    const json = '{"id":1.0,"params":{"progress":1.0,"name":2.0,"requestId":1.0,"arguments":{}}}';
    expect(readFrame(json)).toEqual(JSON.parse(json));
  });
});
