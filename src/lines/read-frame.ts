import * as t from 'io-ts';
import { parseExact } from './exact-json.js';

/** The parts of a frame that pass through this process: they are read by `parseExact`. */
const EXACT: readonly (readonly string[])[] = [
  ['id'],
  ['params', 'requestId'],
  ['params', '_meta', 'progressToken'],
  ['params', 'arguments'],
  ['params', 'request', 'tools', '*', 'inputSchema'],
  ['params', 'request', 'tools', '*', 'input_schema'],
  ['params', 'request', 'output_schema'],
  ['result', 'structuredContent'],
];

/**
 * Parses a JSON-RPC frame. Ids, arguments, schemas and structured content are values for
 * `exactJson`; everything else is what JSON.parse makes of it. A frame without such parts is parsed
 * once. Throws as JSON.parse does.
 */
export const readFrame = (text: string): unknown => readExactly(text, EXACT);

/** Parses JSON; the values at `paths`, where `*` is any index of an array, by `parseExact`. */
export const readExactly = (text: string, paths: readonly (readonly string[])[]): unknown => {
  const value: unknown = JSON.parse(text);
  const reached = paths.filter((path) => reaches(value, path));
  if (reached.length === 0) return value;
  const exact = parseExact(text);
  return reached.reduce((whole, path) => grafted(whole, exact, path), value);
};

/** Whether a frame has something at a path that JSON.parse may have changed. */
const reaches = (value: unknown, [key, ...rest]: readonly string[]): boolean => {
  if (key === undefined) return !isPlain(value);
  if (key === '*') return Array.isArray(value) && value.some((each) => reaches(each, rest));
  return t.UnknownRecord.is(value) && Object.hasOwn(value, key) && reaches(value[key], rest);
};

/** A number that JSON.parse reads and writes as it is; 1.0 is 1 everywhere. */
const isPlain = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isSafeInteger(value) && !Object.is(value, -0)
    : typeof value !== 'object' || value === null;

const grafted = (plain: unknown, exact: unknown, [key, ...rest]: readonly string[]): unknown => {
  if (key === undefined) return isPlain(plain) ? plain : exact;
  if (key === '*')
    return Array.isArray(plain) && Array.isArray(exact)
      ? plain.map((each, i) => grafted(each, exact[i], rest))
      : plain;
  return t.UnknownRecord.is(plain) && t.UnknownRecord.is(exact) && Object.hasOwn(plain, key)
    ? { ...plain, [key]: grafted(plain[key], exact[key], rest) }
    : plain;
};
