import type { Errors } from 'io-ts';

/** The first problem that a codec found, as `key.path: expected string, got 5`. */
export const explain = (errors: Errors): string => {
  const deepest = [...errors].sort((a, b) => b.context.length - a.context.length)[0];
  const last = deepest?.context.at(-1);
  if (deepest === undefined || last === undefined) return 'not of the expected form';
  // The context of an intersection or a union has indexes as keys, which are no keys of the value.
  const path = deepest.context
    .filter((entry, i) => entry.key !== '' && !isCombined(deepest.context[i - 1]?.type))
    .map((entry) => entry.key);
  return `${path.join('.') || 'value'}: expected ${last.type.name}, got ${excerptOf(last.actual)}`;
};

const isCombined = (type: unknown): boolean =>
  typeof type === 'object' &&
  type !== null &&
  '_tag' in type &&
  (type._tag === 'IntersectionType' || type._tag === 'UnionType');

const excerptOf = (value: unknown): string =>
  value === undefined ? 'nothing' : excerpt(value, 80);

/** The beginning of a value as JSON; a placeholder when the value is too deep or too large. */
export const excerpt = (value: unknown, length: number): string => {
  try {
    return JSON.stringify(value).slice(0, length);
  } catch {
    return Array.isArray(value) ? '[…]' : '{…}';
  }
};

/** The message of an error, or of anything else that was thrown. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The code of an error of the system, for instance ENOENT; empty for another error. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
