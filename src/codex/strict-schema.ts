import * as t from 'io-ts';

/** What to do about a schema that the API of OpenAI refuses. */
export const STRICT_STEP =
  'give every object of the schema "additionalProperties": false, and name all its properties in "required"; for one that may be absent add "null" to its type';

type Schema = Readonly<Record<string, unknown>>;

/** Keys whose value is a schema, a list of schemas, and an object of schemas. */
const ONE = ['items', 'additionalProperties', 'not'] as const;
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
const MAPS = ['properties', '$defs', 'definitions'] as const;

/**
 * The first object in a schema that the API of OpenAI refuses, and what it has not. codex asks for
 * strict answers with any schema (0.135.0 to 0.171.0), and the API then takes only closed objects
 * that require every property. Other providers may take more.
 */
export const strictProblem = (schema: Schema, at = '#'): string | undefined => {
  const { type, properties, additionalProperties, required } = schema;
  if (at === '#' && type !== 'object') return `${at}: the type is not "object"`;
  const mayBeObject = Array.isArray(type) ? type.includes('object') : type === 'object';
  if (mayBeObject || properties !== undefined) {
    if (additionalProperties !== false) return `${at}: no "additionalProperties": false`;
    const named: readonly unknown[] = Array.isArray(required) ? required : [];
    const keys = keysOf(properties);
    const missing = keys.find((key) => !named.includes(key));
    if (missing !== undefined) return `${at}: ${JSON.stringify(missing)} is not in "required"`;
    const extra = named.find((key) => typeof key !== 'string' || !keys.includes(key));
    if (extra !== undefined)
      return `${at}: "required" has ${JSON.stringify(extra)}, which is not in "properties"`;
  }
  for (const [path, value] of innerOf(schema)) {
    const problem = t.UnknownRecord.is(value) ? strictProblem(value, `${at}/${path}`) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const keysOf = (value: unknown): string[] => (t.UnknownRecord.is(value) ? Object.keys(value) : []);

const innerOf = (schema: Schema): (readonly [string, unknown])[] => [
  ...ONE.map((key) => [key, schema[key]] as const),
  ...LISTS.flatMap((key) => entriesOf(key, schema[key])),
  ...MAPS.flatMap((key) => entriesOf(key, schema[key])),
];

const entriesOf = (key: string, value: unknown): (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([name, inner]) => [`${key}/${name}`, inner] as const)
    : [];
