/** The deepest nesting of a value. codex parses with serde, which allows 128 levels a message. */
const MAX_DEPTH = 100;

/**
 * A JSON value that codex can parse. A lone surrogate, in a string or a key, becomes U+FFFD: serde
 * refuses a whole message because of one. Throws when the value is nested deeper than 100 levels.
 */
export const wellFormed = (value: unknown, depth = MAX_DEPTH): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) throw new RangeError(`it is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((inner) => wellFormed(inner, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner, depth - 1)]),
  );
};
