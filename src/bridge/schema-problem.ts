import * as t from 'io-ts';

/** The root of the schema, and the definitions that have been checked. */
interface Scope {
  readonly root: unknown;
  readonly checked: Set<string>;
}

/** The path of the first value that codex cannot parse, and what it expects; else `undefined`. */
type Check = (value: unknown, at: string, scope: Scope) => string | undefined;

const is =
  (expected: string, guard: (value: unknown) => boolean): Check =>
  (value, at) =>
    guard(value) ? undefined : `${at}: expected ${expected}`;

const schema: Check = (value, at, scope) => {
  if (typeof value === 'boolean') return undefined;
  if (!isObject(value)) return `${at}: expected a schema`;
  for (const [key, check] of Object.entries(keys)) {
    const problem =
      value[key] === undefined || value[key] === null
        ? undefined
        : check(value[key], `${at}.${key}`, scope);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const each =
  (expected: string, guard: (value: unknown) => boolean): Check =>
  (value, at, scope) => {
    if (typeof value !== 'object' || value === null || !guard(value))
      return `${at}: expected ${expected}`;
    for (const [key, inner] of Object.entries(value)) {
      const problem = schema(inner, `${at}.${key}`, scope);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

const isObject = (value: unknown): value is Record<string, unknown> =>
  t.UnknownRecord.is(value) && !Array.isArray(value);
const schemas = each('an array of schemas', Array.isArray);

/** Checks a definition at its first reference. */
const reference: Check = (value, at, scope) => {
  if (typeof value !== 'string') return `${at}: expected a string`;
  const [, key = '', name = ''] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(value) ?? [];
  const definitions = isObject(scope.root) ? scope.root[key] : undefined;
  if (!isObject(definitions) || !Object.hasOwn(definitions, name) || scope.checked.has(value))
    return undefined;
  scope.checked.add(value);
  return schema(definitions[name], `inputSchema.${key}.${name}`, scope);
};

/** The keys that codex parses. Any other key may have any value. */
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
 * Why codex would not offer a tool with this schema to the model; it drops such a tool silently.
 * Measured on 0.135.0 and 0.169.0 with 17 kinds of value for each key; see `src/codex/README.md`.
 * MCP also requires a root of type "object".
 */
export const schemaProblem = (root: unknown): string | undefined => {
  if (!isObject(root)) return 'inputSchema: expected an object';
  const { type = 'object' } = root;
  return type === 'object'
    ? schema(root, 'inputSchema', { root, checked: new Set() })
    : 'inputSchema.type: expected "object"';
};
