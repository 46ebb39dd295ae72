import { readFileSync } from 'node:fs';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import fc from 'fast-check';
import { isRight, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { configRows, defaultConfig, parseConfig } from '../../src/plexum/config.js';
import { configSchema, configTable } from '../../src/plexum/config-schema.js';
import { holds } from '../support/fuzz.js';

const FILE = '/p/config.json';
const fits = new AjvJsonSchemaValidator().getValidator(JSON.parse(JSON.stringify(configSchema)));
const isRead = (value: unknown): boolean => isRight(parseConfig(FILE, JSON.stringify(value)));
const keys = ['$schema', ...configRows.map(({ key }) => key)];

/** At the bounds of something, or of another type. */
const VALUES: unknown[] = [
  null,
  true,
  '',
  '--',
  'http',
  'stdio',
  'exec',
  'app-server',
  'codex',
  'lost',
  'always',
  'never',
  'error',
  'new_thread',
  'developer',
  'ignore',
  0,
  -0,
  -1,
  1,
  1.5,
  1_000,
  1_001,
  2 ** 29 - 24,
  2 ** 29,
  2 ** 31 - 1,
  2 ** 31,
  [],
  {},
  ['a', '--'],
  ['a', ''],
  ['a', 5],
  ['a', 'a'],
  { a: 'b' },
  { a: 5 },
  { '': '' },
  [[]],
  1e300,
];

describe('config.schema.json', () => {
  it('has the keys of the codec and no others', () => {
    expect(Object.keys(configSchema.properties)).toEqual(keys);
    expect(parseConfig(FILE, '{"unknown": 1}')).toHaveProperty('right.warnings', [
      expect.stringContaining(`; known keys are ${keys.join(', ')}`),
    ]);
  });

  it('has a description of every key', () => {
    for (const property of Object.values(configSchema.properties))
      expect(property).toHaveProperty('description', expect.stringMatching(/^\S.{15,}$/));
  });

  it('has the defaults of the plugin', () => {
    for (const { key, default: value, unset } of configRows)
      expect([key, value === undefined]).toEqual([key, unset !== undefined]);
    const values = configRows.flatMap(({ key, default: value }) =>
      value === undefined ? [] : [[key, value]],
    );
    expect(parseConfig(FILE, JSON.stringify(Object.fromEntries(values)))).toEqual(
      right({ config: defaultConfig, warnings: [] }),
    );
  });

  it('has the bounds of the numbers', () => {
    expect(configSchema.properties).toMatchObject({
      tool_timeout_ms: { type: 'integer', minimum: 1, maximum: 2_147_483_647, default: 600_000 },
      transport: { enum: ['exec', 'app-server'] },
      bridge: { enum: ['http', 'stdio'] },
      extra_args: { type: 'array', items: { type: 'string', not: { enum: ['--', ''] } } },
    });
  });

  /** Lists of arguments, of which the schema checks each, and not what one is beside another. */
  const isArguments = (key: string): boolean => /_args$/.test(key);

  it.each(keys)('accepts the values of %s that the plugin accepts', (key) => {
    const seen = new Set<boolean>();
    holds(
      fc.property(fc.jsonValue({ maxDepth: 2 }), (value) => {
        const read = isRead({ [key]: value });
        seen.add(read);
        const { valid } = fits({ [key]: value });
        if (read || !isArguments(key)) expect([value, valid]).toEqual([value, read]);
      }),
      { share: 10, examples: VALUES.map((value) => [value]) },
    );
    expect([...seen].toSorted()).toEqual([false, true]);
  });

  it.each([[[]], ['codex'], [null], [5]])(
    'refuses %j instead of an object, as the plugin does',
    (value) => {
      expect([fits(value).valid, isRead(value)]).toEqual([false, false]);
    },
  );

  it('accepts an unknown key, as the plugin does', () => {
    expect([fits({ binray: 'x' }).valid, isRead({ binray: 'x' })]).toEqual([true, true]);
  });
});

describe('configTable', () => {
  it('renders the table of CONFIG.md', () => {
    const page = readFileSync(new URL('../../src/plexum/CONFIG.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| (key|`\w+`) \|/.test(line));
    const table = configTable().split('\n');
    expect(rows, 'the table of CONFIG.md is to have these rows').toEqual(
      table.filter((_line, index) => index !== 1),
    );
    expect(page).toContain(`\n\n${table.join('\n')}\n\n`);
  });
});
