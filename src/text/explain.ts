import type { Errors } from 'io-ts';

/**
 * What a codec found wrong, as `key.path: expected string, got 5`: the first place, in the words of
 * the person who wrote it.
 */
export const explain = (errors: Errors): string => {
  const deepest = [...errors].sort((a, b) => b.context.length - a.context.length)[0];
  const last = deepest?.context.at(-1);
  if (deepest === undefined || last === undefined) return 'not of the expected form';
  // A context entry of an intersection or a union has its index as key: those are no keys of the
  // file.
  const path = deepest.context
    .filter((entry, i) => entry.key !== '' && !combined(deepest.context[i - 1]?.type))
    .map((entry) => entry.key);
  return `${path.join('.') || 'value'}: expected ${last.type.name}, got ${shown(last.actual)}`;
};

const combined = (type: unknown): boolean =>
  typeof type === 'object' &&
  type !== null &&
  '_tag' in type &&
  (type._tag === 'IntersectionType' || type._tag === 'UnionType');

const shown = (value: unknown): string => (value === undefined ? 'nothing' : excerpt(value, 80));

/** The beginning of a value as JSON; a value too deep or too large for that has none. */
export const excerpt = (value: unknown, length: number): string => {
  try {
    return JSON.stringify(value).slice(0, length);
  } catch {
    return Array.isArray(value) ? '[…]' : '{…}';
  }
};

/** What an error says, or whatever else was thrown. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
