import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { left, right } from 'fp-ts/lib/Either.js';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileSchema, parseSchema, readSchema } from '../../../src/cli/say/schema-option.js';

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

describe('compileSchema', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'plexum-schema-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const compiled = (schema: object) => {
    const file = path.join(folder, 's.json');
    writeFileSync(file, JSON.stringify(schema));
    return firstValueFrom(compileSchema(file));
  };
  const closed = { type: 'object', additionalProperties: false };

  it('gives a check that names what does not fit, whatever draft the schema names', async () => {
    const schema = {
      ...closed,
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { a: { type: 'string' } },
      required: ['a'],
    };
    const read = await compiled(schema);
    expect(read).toEqual(right({ schema, warnings: [], misfit: expect.any(Function) }));
    const misfit = read._tag === 'Right' ? read.right.misfit : () => 'none';
    expect([misfit({ a: 'x' }), misfit({ a: 1 })]).toEqual([undefined, 'data/a must be string']);
  });

  it('knows a property that is named "__proto__"', async () => {
    const inner = { ...closed, properties: { a: { type: 'string' } }, required: ['a'] };
    const schema = { ...closed, properties: { ['__proto__']: inner }, required: ['__proto__'] };
    const read = await compiled(schema);
    expect(read).toMatchObject({ right: { warnings: [] } });
    const misfit = read._tag === 'Right' ? read.right.misfit : () => 'none';
    const answers = ['{"__proto__":{"a":"x"}}', '{"__proto__":{"a":1}}', '{}'];
    expect(answers.map((answer) => misfit(JSON.parse(answer)))).toEqual([
      undefined,
      'data/__proto__/a must be string',
      "data must have required property '__proto__'",
    ]);
    expect(await compiled({ ...schema, required: [] })).toMatchObject({
      right: { warnings: [expect.stringContaining('#: "__proto__" is not in "required"')] },
    });
  });

  it('lets "__proto__" in a text fit the pattern that it fits', async () => {
    const properties = { a: { type: 'string', pattern: '^[a-z_ ]+$' } };
    const read = await compiled({ ...closed, properties, required: ['a'] });
    const misfit = read._tag === 'Right' ? read.right.misfit : () => 'none';
    expect(misfit({ a: 'never set __proto__' })).toBeUndefined();
  });

  it('says the first of many things that do not fit', async () => {
    const read = await compiled({ type: 'array', items: { type: 'string' } });
    const misfit = read._tag === 'Right' ? read.right.misfit : () => 'none';
    const words = misfit(Array.from({ length: 10_000 }, () => 0));
    expect(words).toMatch(/^data\/0 must be string, data\/1 must be string, .*…$/);
    expect(words).toHaveLength(1_001);
  });

  it.each([
    ['an unknown type', { type: 'objekt' }, /type/],
    ['a reference to nothing', { $ref: '#/$defs/nothing' }, /resolve reference/],
    [
      'a pattern that is none',
      { type: 'object', properties: { a: { pattern: '(' } } },
      /regular expression/,
    ],
  ])('rejects %s', async (_what, schema, words) => {
    const reason = `${folder}/s.json is no JSON Schema that can be used: `;
    expect(await compiled(schema)).toEqual(left(expect.stringContaining(reason)));
    expect(await compiled(schema)).toEqual(left(expect.stringMatching(words)));
  });

  it('takes keys that look like indexes as they are written', async () => {
    const schema = { ...closed, properties: { 10: { const: 1.5 } }, required: ['10'] };
    expect(await compiled(schema)).toMatchObject({ right: { warnings: [] } });
    expect(await compiled({ ...schema, required: [] })).toMatchObject({
      right: { warnings: [expect.stringContaining('#: "10" is not in "required"')] },
    });
  });

  it('warns about what the API of OpenAI refuses', async () => {
    expect(await compiled({ type: 'object' })).toMatchObject({
      right: {
        warnings: [
          expect.stringMatching(
            /s\.json: the API of OpenAI refuses it: #: no "additionalProperties": false; give /,
          ),
        ],
      },
    });
  });
});
