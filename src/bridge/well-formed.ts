/**
 * Levels of arrays and objects that pass: serde, with which codex reads, takes 128 for a whole
 * message.
 */
const MAX_DEPTH = 100;

/**
 * A JSON value as codex can read it: half a surrogate pair, in a text or a key, becomes U+FFFD,
 * since one makes serde refuse the whole message. Throws when the value is nested deeper than 100
 * levels.
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
