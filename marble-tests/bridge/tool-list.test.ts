import { describe, expect, it } from 'vitest';
import { toolList } from '../../src/bridge/tool-list.js';
import { toolName } from '../../src/bridge/tool-names.js';

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    unit: { type: ['string', 'null'], enum: ['c', 'f', null], default: null },
    where: {
      anyOf: [{ type: 'object', properties: { at: { const: null } } }, { type: 'null' }],
      examples: [null, [null]],
    },
  },
  required: ['where'],
  additionalProperties: false,
  $defs: { n: { default: null } },
  'x-own': { deep: [{ nothing: null }] },
};

const nested = (levels: number): unknown => {
  let inner: object = { type: 'string' };
  for (let i = 0; i < levels; i += 1) inner = { type: 'object', properties: { a: inner } };
  return inner;
};

describe('toolList', () => {
  it('keeps name, description and schema unchanged', () => {
    const { tools, refused } = toolList([
      { name: 'add', description: 'adds 数', inputSchema: schema },
    ]);
    expect(tools).toEqual([{ name: 'add', description: 'adds 数', inputSchema: schema }]);
    expect(refused).toEqual([]);
  });

  it('keeps the order of the tools and of their properties', () => {
    const properties = { z: { type: 'string' }, a: { type: 'number' }, m: {} };
    const { tools } = toolList([
      { name: 'z', inputSchema: { type: 'object', properties } },
      { name: 'a' },
    ]);
    expect(tools.map(({ name }) => name)).toEqual(['z', 'a']);
    expect(JSON.stringify(tools[0]?.inputSchema)).toBe(
      JSON.stringify({ type: 'object', properties }),
    );
  });

  it('accepts input_schema', () => {
    expect(toolList([{ name: 'add', input_schema: schema }]).tools).toEqual([
      { name: 'add', inputSchema: schema },
    ]);
  });

  it('prefers inputSchema to input_schema', () => {
    const { tools } = toolList([
      { name: 'add', inputSchema: schema, input_schema: { type: 'object' } },
    ]);
    expect(tools).toEqual([{ name: 'add', inputSchema: schema }]);
  });

  it.each([
    [{}],
    [{ inputSchema: undefined }],
    [{ inputSchema: null }],
    [{ inputSchema: null, input_schema: null }],
  ])('uses a schema without arguments when the schema is absent: %j', (more) => {
    expect(toolList([{ name: 'now', ...more }])).toEqual({
      tools: [{ name: 'now', inputSchema: { type: 'object' } }],
      hostNames: new Map([['now', 'now']]),
      refused: [],
    });
  });

  it.each([
    ['a string', 'object'],
    ['an array', []],
    ['of another type', { type: 'string' }],
    ['with properties that are none', { type: 'object', properties: 5 }],
    ['with a required that is none', { type: 'object', required: 'a' }],
    ['nested deeper than codex reads', nested(60)],
    ['nested deeper than the stack', nested(20_000)],
  ])('refuses a tool with an invalid schema (%s) and keeps the others', (_name, inputSchema) => {
    const { tools, hostNames, refused } = toolList([
      { name: 'one' },
      { name: 'my odd one', inputSchema },
      { name: 'two' },
    ]);
    expect(tools.map(({ name }) => name)).toEqual(['one', 'two']);
    expect([...hostNames.values()]).toEqual(['one', 'two']);
    expect(refused).toEqual([
      { name: 'my odd one', reason: expect.stringMatching(/^its schema is wrong/) },
    ]);
  });

  it('keeps the first of two tools with the same name', () => {
    const { tools, refused } = toolList([
      { name: 'add', description: 'first' },
      { name: 'add', description: 'second' },
    ]);
    expect(tools.map(({ description }) => description)).toEqual(['first']);
    expect(refused).toEqual([{ name: 'add', reason: 'there is another tool with this name' }]);
  });

  it('keeps a valid tool after an invalid one of the same name', () => {
    const { tools, refused } = toolList([{ name: 'add', inputSchema: 5 }, { name: 'add' }]);
    expect(tools).toHaveLength(1);
    expect(refused).toHaveLength(1);
  });

  it('maps changed names back to the names of the host', () => {
    const names = [
      'my tool',
      'my.tool',
      'my_tool',
      '工具',
      '',
      'x'.repeat(100),
      toolName('my tool'),
    ];
    const { tools, hostNames, refused } = toolList(names.map((name) => ({ name })));
    expect(refused).toEqual([]);
    expect(tools.map(({ name }) => hostNames.get(name))).toEqual(names);
  });

  it('accepts 500 tools', () => {
    const { tools, hostNames, refused } = toolList(
      Array.from({ length: 500 }, (_, i) => ({ name: `tool ${i}`, inputSchema: schema })),
    );
    expect(new Set(tools.map(({ name }) => name)).size).toBe(500);
    expect([hostNames.size, refused]).toEqual([500, []]);
  });

  it.each([
    ['later', '', expect.stringContaining('got "later"')],
    [{ description: 'no name' }, '', expect.stringContaining('name')],
    [{ name: 5 }, '', expect.stringContaining('name')],
    [{ name: 'x', description: 5 }, 'x', expect.stringContaining('description')],
  ])('refuses a spec that is no tool: %j', (spec, name, reason) => {
    expect(toolList([{ name: 'one' }, spec])).toMatchObject({
      tools: [{ name: 'one' }],
      refused: [{ name, reason }],
    });
  });

  it('replaces a lone surrogate', () => {
    const { tools } = toolList([
      {
        name: 'a\uD83D',
        description: 'b\uDE00',
        inputSchema: { type: 'object', description: '\uD83D' },
      },
    ]);
    expect(JSON.stringify(tools)).not.toMatch(/\\ud[89a-f]/i);
  });

  it('emits nothing for an empty list of tools', () => {
    expect(toolList([])).toEqual({ tools: [], hostNames: new Map(), refused: [] });
  });
});
