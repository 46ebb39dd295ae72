import * as t from 'io-ts';
import { configRows } from './config.js';
import { argumentSchema, argumentsMap, folder, strings, Whole } from './config-codecs.js';
import type { ConfigRow } from './config-setting.js';
import { schemaSetting } from './config-table.js';

/** The JSON Schema of a codec of the table. Throws for any other codec. */
const schemaOf = (codec: t.Mixed): Readonly<Record<string, unknown>> => {
  if (codec instanceof Whole) return { type: 'integer', minimum: codec.least, maximum: codec.most };
  if (codec instanceof t.BooleanType) return { type: 'boolean' };
  if (codec instanceof t.StringType) return { type: 'string' };
  if (codec === folder) return { type: 'string', pattern: '^[^~\\u0000][^\\u0000]*$' };
  if (isKeyof(codec)) return { enum: Object.keys(codec.keys) };
  if (codec === strings) return { type: 'array', items: { type: 'string' } };
  if (codec === argumentsMap)
    return {
      type: 'object',
      additionalProperties: {
        anyOf: [{ type: 'string' }, { type: 'array', items: argumentSchema }],
      },
    };
  throw new Error(`no schema for ${codec.name}`);
};

const isKeyof = (codec: t.Mixed): codec is t.KeyofC<Record<string, unknown>> =>
  codec instanceof t.KeyofType;

const propertyOf = ({ codec, schema, about, default: value }: ConfigRow) => ({
  ...schemaOf(codec),
  ...schema,
  description: about,
  ...(value === undefined ? {} : { default: value }),
});

/** JSON Schema (draft-07, the newest draft that every editor supports) of `config.json`. */
export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'config.json of plexum-openai-provider',
  description:
    'Every key is optional. An unknown key is ignored, with a warning in the log of the daemon.',
  type: 'object',
  properties: Object.fromEntries(
    [schemaSetting.row, ...configRows].map((row) => [row.key, propertyOf(row)]),
  ),
  additionalProperties: true,
};

/** The table of CONFIG.md: the lines of a Markdown table, without a line feed at the end. */
export const configTable = (): string =>
  [
    '| key | default | what it does |',
    '|---|---|---|',
    ...configRows.map(
      ({ key, default: value, unset, about }) =>
        `| \`${key}\` | ${unset ?? `\`${JSON.stringify(value)}\``} | ${about} |`,
    ),
  ].join('\n');
