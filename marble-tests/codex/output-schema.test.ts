import { isLeft, left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { outputSchema } from '../../src/codex/output-schema.js';

describe('outputSchema', () => {
  it('accepts an object, with lone surrogates replaced', () => {
    expect(outputSchema({ type: 'object', title: 'a\ud800' })).toEqual(
      right({ type: 'object', title: 'a\ufffd' }),
    );
  });

  it.each<[what: string, value: unknown, got: string]>([
    ['a text', '{}', 'a text'],
    ['an array', [{}], 'an array'],
    ['true', true, 'true'],
    ['null', null, 'null'],
  ])('refuses %s', (_what, value, got) => {
    expect(outputSchema(value)).toEqual(
      left(`expected a JSON Schema, which is an object, got ${got}`),
    );
  });

  it('refuses a schema of more than 256 KiB', () => {
    expect(outputSchema({ title: 'x'.repeat(262_144) })).toEqual(
      left('it has 262156 bytes, and 262144 are the most'),
    );
  });

  it('refuses a schema that is nested deeper than codex reads', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`);
    expect(isLeft(outputSchema(deep))).toBe(true);
  });
});
