import { describe, expect, it } from 'vitest';
import { strictProblem } from '../../src/codex/strict-schema.js';

const closed = (properties: Record<string, unknown>, more: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});

describe('strictProblem', () => {
  it.each<[what: string, schema: Record<string, unknown>]>([
    ['an object without properties', closed({})],
    ['closed objects', closed({ a: closed({ b: { type: ['string', 'null'] } }) })],
    ['a list of closed objects', closed({ a: { type: 'array', items: closed({}) } })],
    ['definitions', closed({ a: { $ref: '#/$defs/a' } }, { $defs: { a: closed({}) } })],
    ['a property with the name of a key', closed({ required: { type: 'string' } })],
  ])('finds none in %s', (_what, schema) => {
    expect(strictProblem(schema)).toBeUndefined();
  });

  it.each<[what: string, schema: Record<string, unknown>, problem: string]>([
    ['a list', { type: 'array', items: closed({}) }, '#: the type is not "object"'],
    ['an open object', { type: 'object' }, '#: no "additionalProperties": false'],
    [
      'an object of numbers',
      { ...closed({}), additionalProperties: { type: 'number' } },
      '#: no "additionalProperties": false',
    ],
    ['an optional property', closed({ a: {} }, { required: [] }), '#: "a" is not in "required"'],
    [
      'an object without required',
      closed({ a: {} }, { required: undefined }),
      '#: "a" is not in "required"',
    ],
    [
      'a required name without a property',
      closed({}, { required: ['a'] }),
      '#: "required" has "a", which is not in "properties"',
    ],
    [
      'an open object that may be null',
      closed({ a: { type: ['object', 'null'] } }),
      '#/properties/a: no "additionalProperties": false',
    ],
    [
      'an open object in a property',
      closed({ a: { type: 'array', items: { properties: {} } } }),
      '#/properties/a/items: no "additionalProperties": false',
    ],
    [
      'an open object in an alternative',
      closed({ a: { anyOf: [{ type: 'null' }, { type: 'object' }] } }),
      '#/properties/a/anyOf/1: no "additionalProperties": false',
    ],
    [
      'an open definition',
      closed({}, { $defs: { b: { type: 'object' } } }),
      '#/$defs/b: no "additionalProperties": false',
    ],
  ])('names %s and where it is', (_what, schema, problem) => {
    expect(strictProblem(schema)).toBe(problem);
  });
});
