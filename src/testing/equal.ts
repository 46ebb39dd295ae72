import { isDeepStrictEqual, types } from 'node:util';
import * as t from 'io-ts';

/** An asymmetric matcher of vitest or jest, such as `expect.any(…)`. */
interface Matcher {
  readonly asymmetricMatch: (actual: unknown) => unknown;
}

const isMatcher = (value: unknown): value is Matcher =>
  typeof value === 'object' &&
  value !== null &&
  'asymmetricMatch' in value &&
  typeof value.asymmetricMatch === 'function';

/**
 * Whether two values are deeply equal. Errors are equal by name and message; a key with the value
 * undefined equals an absent key; an asymmetric matcher in `expected` decides for itself.
 */
export const equal = (actual: unknown, expected: unknown): boolean => {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual) === true;
  if (Object.is(actual, expected)) return true;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.length === expected.length && actual.every((each, i) => equal(each, expected[i]));
  }
  if (types.isNativeError(actual) && types.isNativeError(expected))
    return actual.name === expected.name && actual.message === expected.message;
  if (!isPlain(actual) || !isPlain(expected)) return isDeepStrictEqual(actual, expected);
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...keys].every((key) => equal(actual[key], expected[key]));
};

/** A plain object, of this or another realm. */
const isPlain = (value: unknown): value is Record<string, unknown> => {
  if (!t.UnknownRecord.is(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};
