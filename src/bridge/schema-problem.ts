import * as t from 'io-ts';

/** The root of the schema, and the definitions that are checked already. */
interface Place {
  readonly root: unknown;
  readonly checked: Set<string>;
}

/**
 * The place where a value is not as codex reads it, and what is expected there; nothing when it is.
 */
type Check = (value: unknown, at: string, place: Place) => string | undefined;

const is =
  (expected: string, guard: (value: unknown) => boolean): Check =>
  (value, at) =>
    guard(value) ? undefined : `${at}: expected ${expected}`;

const schema: Check = (value, at, place) => {
  if (typeof value === 'boolean') return undefined;
  if (!isObject(value)) return `${at}: expected a schema`;
  for (const [key, check] of Object.entries(keys)) {
    const problem =
      value[key] === undefined || value[key] === null
        ? undefined
        : check(value[key], `${at}.${key}`, place);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const each =
  (expected: string, guard: (value: unknown) => boolean): Check =>
  (value, at, place) => {
    if (typeof value !== 'object' || value === null || !guard(value))
      return `${at}: expected ${expected}`;
    for (const [key, inner] of Object.entries(value)) {
      const problem = schema(inner, `${at}.${key}`, place);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

const isObject = (value: unknown): value is Record<string, unknown> =>
  t.UnknownRecord.is(value) && !Array.isArray(value);
const schemas = each('an array of schemas', Array.isArray);

/** A definition counts where something refers to it. */
const reference: Check = (value, at, place) => {
  if (typeof value !== 'string') return `${at}: expected a string`;
  const [, key = '', name = ''] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(value) ?? [];
  const definitions = isObject(place.root) ? place.root[key] : undefined;
  if (!isObject(definitions) || !Object.hasOwn(definitions, name) || place.checked.has(value))
    return undefined;
  place.checked.add(value);
  return schema(definitions[name], `inputSchema.${key}.${name}`, place);
};

/** The keys that codex reads. Any other may hold anything. */
const keys: Readonly<Record<string, Check>> = {
  description: is('a string', t.string.is),
  $ref: reference,
  encrypted: is('true or false', t.boolean.is),
  enum: is('an array', Array.isArray),
  required: is('an array of strings', t.array(t.string).is),
  properties: each('an object of schemas', isObject),
  items: schema,
  additionalProperties: schema,
  anyOf: schemas,
  oneOf: schemas,
  allOf: schemas,
};

/**
 * Why codex would not offer a tool with this schema to the model: it drops such a tool without a
 * word. Measured on 0.135.0 and 0.169.0, the keys with 17 kinds of value each; the root has to be
 * an object of type "object" besides, as MCP wants it.
 */
export const schemaProblem = (root: unknown): string | undefined => {
  if (!isObject(root)) return 'inputSchema: expected an object';
  const { type = 'object' } = root;
  return type === 'object'
    ? schema(root, 'inputSchema', { root, checked: new Set() })
    : 'inputSchema.type: expected "object"';
};
