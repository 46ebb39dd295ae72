import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/text/explain.js';

const Config = t.intersection([
  t.type({ binary: t.string }),
  t.partial({
    extra_args: t.array(t.string),
    model_args: t.record(t.string, t.string),
    retries: t.union([t.number, t.literal('none')]),
  }),
]);

describe('explain', () => {
  it.each([
    ['a wrong type', { binary: 5 }, 'binary: expected string, got 5'],
    ['a missing key', {}, 'binary: expected string, got nothing'],
    ['null', { binary: null }, 'binary: expected string, got null'],
    [
      'a place in a list',
      { binary: '', extra_args: ['a', { b: 1 }] },
      'extra_args.1: expected string, got {"b":1}',
    ],
    [
      'a key of a record',
      { binary: '', model_args: { gpt: false } },
      'model_args.gpt: expected string, got false',
    ],
    [
      'a list that is none',
      { binary: '', extra_args: 'a' },
      'extra_args: expected Array<string>, got "a"',
    ],
    [
      'a union, without the number of its branch',
      { binary: '', retries: true },
      'retries: expected number, got true',
    ],
    [
      'the deepest of several',
      { binary: 5, model_args: { gpt: 6 } },
      'model_args.gpt: expected string, got 6',
    ],
    [
      'a long value by its beginning',
      { binary: ['x'.repeat(200)] },
      `binary: expected string, got ["${'x'.repeat(78)}`,
    ],
  ])('explains %s', (_, value, expected) => {
    expect(told(Config, value)).toBe(expected);
  });

  it.each([
    [t.string, 5, 'value: expected string, got 5'],
    [t.type({ a: t.string }), [], 'value: expected { a: string }, got []'],
    [t.string, undefined, 'value: expected string, got nothing'],
  ])('says "value" where there is no key (%#)', (codec, value, expected) => {
    expect(told(codec, value)).toBe(expected);
  });

  it('explains an empty list of errors', () => {
    expect(explain([])).toBe('not of the expected form');
  });

  it('explains a circular value', () => {
    const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));

    expect(told(Config, { binary: deep })).toMatch(/^binary: expected string, got /);
  });
});

const told = (codec: t.Mixed, value: unknown): string => {
  const decoded = codec.decode(value);
  return isLeft(decoded) ? explain(decoded.left) : 'no error';
};
