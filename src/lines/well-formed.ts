import { exactJson } from './exact-json.js';

/** The deepest nesting of a value. codex parses with serde, which allows 128 levels a message. */
const MAX_DEPTH = 100;

/**
 * A JSON value that codex can parse. serde refuses a whole message because of one lone surrogate:
 * in a text it becomes U+FFFD, as UTF-8 has it. Throws when the value is nested deeper than 100
 * levels, and for a lone surrogate in a key, since two keys could become one.
 */
export const wellFormed = (value: unknown, depth = MAX_DEPTH): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) throw new RangeError(`it is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((inner) => wellFormed(inner, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (!key.isWellFormed())
        throw new RangeError(`its key ${JSON.stringify(key)} has half a character`);
      return [key, wellFormed(inner, depth - 1)];
    }),
  );
};

/**
 * The JSON text of a value, for codex, as `exactJson` writes it. Throws as `wellFormed` does; a
 * value without lone surrogates is not copied.
 */
export const wellFormedJson = (value: unknown): string => {
  const json = exactJson(value);
  // JSON.stringify escapes lone surrogates, and only them.
  return json.includes('\\ud') ? exactJson(wellFormed(value)) : json;
};
