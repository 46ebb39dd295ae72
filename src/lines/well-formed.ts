/** A JSON value as every JSON reader takes it: half a surrogate pair, in a text or a key, becomes U+FFFD. serde, which codex reads with, refuses the whole message for one. */
export const wellFormed = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]));
  return value;
};
