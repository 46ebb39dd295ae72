import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { parseSchema, readSchema } from '../../../src/cli/say/schema-option.js';

describe('parseSchema', () => {
  it('reads an object, also behind a BOM', () => {
    expect(parseSchema('/s.json', '\uFEFF{"type":"object"}')).toEqual(right({ type: 'object' }));
  });

  it.each<[text: string, reason: RegExp]>([
    ['{', /^\/s\.json is not JSON: /],
    ['[]', /^\/s\.json: expected a JSON Schema, which is an object, got an array$/],
  ])('refuses %j', (text, reason) => {
    expect(parseSchema('/s.json', text)).toEqual(left(expect.stringMatching(reason)));
  });
});

it('readSchema names the file that it cannot read', () => {
  expect(readSchema('/nowhere/s.json')).toEqual(
    left(expect.stringMatching(/^\/nowhere\/s\.json cannot be read: /)),
  );
});
