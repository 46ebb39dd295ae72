import { describe, expect, it } from 'vitest';
import { schemaProblem } from '../../src/bridge/schema-problem.js';

const withProperty = (p: unknown) => ({ type: 'object', properties: { p } });

// Measured: codex 0.135.0 and 0.169.0 offer these to the model.
it.each([
  ['nothing', {}],
  ['no properties', { type: 'object' }],
  ['no type', { properties: { a: { type: 'string' } } }],
  [
    'booleans for schemas',
    { type: 'object', properties: { a: true, b: false }, additionalProperties: false },
  ],
  [
    'null for every key',
    {
      type: 'object',
      properties: null,
      required: null,
      anyOf: null,
      enum: null,
      items: null,
      $ref: null,
      description: null,
    },
  ],
  ['a type of any form', withProperty({ type: 5 })],
  ['a list of types', withProperty({ type: ['string', 'null'] })],
  [
    'references',
    { type: 'object', properties: { a: { $ref: '#/$defs/n' } }, $defs: { n: { type: 'number' } } },
  ],
  [
    'definitions of any form, where nothing refers to them',
    { type: 'object', $defs: { a: 5 }, definitions: ['x'] },
  ],
  [
    'a reference to itself',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/n' } },
      $defs: { n: { properties: { a: { $ref: '#/$defs/n' } } } },
    },
  ],
  [
    'references to what is not there',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/n' }, b: { $ref: '#' }, c: { $ref: 'https://x' } },
    },
  ],
  [
    'values of any form in enum, const, default and examples',
    withProperty({ enum: [1, null, {}], const: null, default: [], examples: 5 }),
  ],
  [
    'nested schemas',
    withProperty({
      anyOf: [
        { items: { oneOf: [{ allOf: [true, {}] }] } },
        { additionalProperties: { enum: ['x'] } },
      ],
    }),
  ],
  [
    'a tuple in the newer spelling',
    withProperty({ type: 'array', prefixItems: [{ type: 'string' }] }),
  ],
  ['keys that nobody knows', { type: 'object', 'x-own': [null, { description: 5 }] }],
])('schemaProblem accepts %s', (_name, schema) => {
  expect(schemaProblem(schema)).toBeUndefined();
});

// Measured: codex drops a tool with one of these, and says nothing. MCP does not take a root of
// another type.
it.each([
  [5, 'inputSchema: expected an object'],
  [null, 'inputSchema: expected an object'],
  [[], 'inputSchema: expected an object'],
  [true, 'inputSchema: expected an object'],
  ['object', 'inputSchema: expected an object'],
  [{ type: 'string' }, 'inputSchema.type: expected "object"'],
  [{ type: ['object'] }, 'inputSchema.type: expected "object"'],
  [withProperty(null), 'inputSchema.properties.p: expected a schema'],
  [withProperty('string'), 'inputSchema.properties.p: expected a schema'],
  [withProperty([]), 'inputSchema.properties.p: expected a schema'],
  [{ type: 'object', properties: [] }, 'inputSchema.properties: expected an object of schemas'],
  [{ type: 'object', properties: 'x' }, 'inputSchema.properties: expected an object of schemas'],
  [{ type: 'object', required: 'a' }, 'inputSchema.required: expected an array of strings'],
  [{ type: 'object', required: [null] }, 'inputSchema.required: expected an array of strings'],
  [{ type: 'object', encrypted: 'x' }, 'inputSchema.encrypted: expected true or false'],
  [
    withProperty({ type: 'string', description: 5 }),
    'inputSchema.properties.p.description: expected a string',
  ],
  [withProperty({ $ref: {} }), 'inputSchema.properties.p.$ref: expected a string'],
  [
    { ...withProperty({ $ref: '#/$defs/n' }), $defs: { n: { type: 'array', items: [{}] } } },
    'inputSchema.$defs.n.items: expected a schema',
  ],
  [
    { ...withProperty({ $ref: '#/definitions/n' }), definitions: { n: 5 } },
    'inputSchema.definitions.n: expected a schema',
  ],
  [withProperty({ enum: 'x' }), 'inputSchema.properties.p.enum: expected an array'],
  [
    withProperty({ items: [{ type: 'string' }] }),
    'inputSchema.properties.p.items: expected a schema',
  ],
  [
    withProperty({ additionalProperties: 'x' }),
    'inputSchema.properties.p.additionalProperties: expected a schema',
  ],
  [withProperty({ anyOf: {} }), 'inputSchema.properties.p.anyOf: expected an array of schemas'],
  [withProperty({ oneOf: ['x'] }), 'inputSchema.properties.p.oneOf.0: expected a schema'],
  [
    withProperty({ allOf: [{}, { items: 5 }] }),
    'inputSchema.properties.p.allOf.1.items: expected a schema',
  ],
])('schemaProblem names the first problem of %j', (schema, problem) => {
  expect(schemaProblem(schema)).toBe(problem);
});

describe('schemaProblem', () => {
  it('ignores the names of built-in properties', () => {
    expect(
      schemaProblem(
        JSON.parse(
          '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{}},"toString":5}',
        ),
      ),
    ).toBeUndefined();
  });
});
