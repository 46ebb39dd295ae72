import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callResult } from '../../src/bridge/call-result.js';
import { schemaProblem } from '../../src/bridge/schema-problem.js';
import { toolList } from '../../src/bridge/tool-list.js';
import { holds } from '../support/fuzz.js';
import { anyJson, list, mostly, shape, word } from './json-text.js';

const leaf = shape({
  type: word('string', 'number'),
  description: word('x'),
  enum: list(word('a')),
  $ref: word('#/$defs/a', '#/definitions/a', '#/$defs/__proto__'),
});
const inner = fc.oneof(
  leaf,
  shape({ items: leaf, anyOf: list(leaf) }),
  fc.constantFrom('true', 'false'),
);
const schema = shape({
  type: word('object'),
  properties: shape({ a: inner, ['__proto__']: inner }),
  required: list(word('a')),
  additionalProperties: inner,
  $defs: shape({ a: shape({ properties: shape({ again: shape({ $ref: word('#/$defs/a') }) }) }) }),
});
const tool = shape({
  name: word('look up', 'a', 'ü', '', 'x'.repeat(90), '__proto__', 'a_x01234567'),
  description: word('x', '\ud800'),
  inputSchema: schema,
});

/** Whether all strings and keys are well-formed: codex refuses a message with a lone surrogate. */
const isSound = (value: unknown): boolean => {
  const halves: string[] = [];
  JSON.stringify(value, (key, member: unknown) => {
    halves.push(
      ...[key, typeof member === 'string' ? member : ''].filter((text) => !text.isWellFormed()),
    );
    return member;
  });
  return halves.length === 0;
};

describe('the tools of the bridge, for any list', () => {
  it('are tools that codex accepts, and reasons for the others', () => {
    holds(
      fc.property(list(mostly(tool), 5), (text) => {
        const specs: unknown = JSON.parse(text);
        const given = Array.isArray(specs) ? specs : [];
        const { tools, hostNames, refused } = toolList(given);

        expect(tools.length + refused.length).toBe(given.length);
        expect(refused.filter(({ reason }) => reason === '')).toEqual([]);
        for (const { name, description = '', inputSchema } of tools) {
          expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          expect(hostNames.has(name)).toBe(true);
          expect(schemaProblem(inputSchema)).toBeUndefined();
          expect(isSound({ description, inputSchema })).toBe(true);
        }
        expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
      }),
    );
  });
});

describe('schemaProblem', () => {
  it('returns nothing or a path for any JSON', () => {
    holds(
      fc.property(mostly(schema), (text) => {
        expect(schemaProblem(JSON.parse(text)) ?? 'inputSchema: expected').toMatch(
          /^inputSchema.*: expected/s,
        );
      }),
    );
  });
});

const part = fc.oneof(
  shape({ type: word('text'), text: word('4', '', '\ud83c') }),
  shape({
    type: word('image', 'audio'),
    data: word('aGk=', 'no base64!'),
    mimeType: word('image/png'),
  }),
  shape({ type: word('resource_link'), uri: word('file:///a'), name: word('a') }),
  shape({
    type: word('resource'),
    resource: shape({ uri: word('file:///a'), text: word('x'), blob: word('aGk=') }),
  }),
  shape({
    type: word('later', 'text', '__proto__'),
    text: fc.constant('null'),
    annotations: shape({ audience: list(word('user')), priority: fc.constant('1') }),
    _meta: fc.constant('null'),
  }),
);
const answer = shape({
  content: list(part),
  isError: fc.constantFrom('true', 'false', 'null'),
  structuredContent: shape({ a: anyJson }),
  _meta: shape({}),
});

describe('callResult, for any response of the host', () => {
  it('returns a result that codex accepts, or throws when the response is nested too deeply', () => {
    holds(
      fc.property(mostly(answer), (text) => {
        try {
          const result = callResult(JSON.parse(text));

          expect(CallToolResultSchema.safeParse(result).error).toBeUndefined();
          expect(isSound(result)).toBe(true);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          expect(error.message).toBe('it is nested deeper than 100 levels');
        }
      }),
    );
  });
});
