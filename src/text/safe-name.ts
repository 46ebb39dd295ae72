import { redact } from './redact.js';

/**
 * A name that another program chose, as it may be kept and shown: at most `most` characters, none
 * of which moves a cursor or leaves a line, and no secret.
 */
export const safeName = (name: string, most: number): string =>
  redact(name.slice(0, 10 * most))
    .slice(0, most)
    .replace(/[^\w ./:-]/g, '_');

/** The most keys of an object, and the most characters of a key. */
const MAX_KEYS = 20;
const MAX_KEY = 40;
/** The most characters of a shape; the mark of one that is cut stands behind them. */
export const MAX_SHAPE = 1_000;
/** How deep a shape goes: to the fields of an image in a message of a turn. */
const MAX_DEPTH = 7;

/** Keys below which the names are somebody's data. */
const DATA: ReadonlySet<string> = new Set([
  'arguments',
  'input',
  'structuredContent',
  '_meta',
  'data',
  'env',
  'headers',
]);

/**
 * The names and types of the keys of a JSON value, never a value: `{agent: {id: string}, n:
 * number}`. Of a list it shows the first value, and the last one where it has another shape.
 */
export const shapeOf = (value: unknown): string => {
  const shape = shapeTo(value, MAX_DEPTH);
  return shape.length <= MAX_SHAPE ? shape : `${shape.slice(0, MAX_SHAPE)}…`;
};

const shapeTo = (value: unknown, depth: number): string => {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value))
    return value.length === 0 || depth === 0 ? 'list' : listTo(value, depth);
  const entries = Object.entries(value);
  if (depth === 0 && entries.length > 0) return 'object';
  const shown: string[] = [];
  let length = 0;
  for (const [key, inner] of entries.slice(0, MAX_KEYS)) {
    // What follows would be cut: a host may send millions of names.
    if (length > MAX_SHAPE) break;
    const text = `${safeName(key, MAX_KEY)}: ${shapeBelow(key, inner, depth - 1)}`;
    shown.push(text);
    length += text.length;
  }
  return `{${[...shown, ...(entries.length > MAX_KEYS ? ['…'] : [])].join(', ')}}`;
};

const listTo = (list: readonly unknown[], depth: number): string => {
  const first = shapeTo(list[0], depth - 1);
  const last = list.length === 1 ? first : shapeTo(list.at(-1), depth - 1);
  return first === last ? `[${first}]` : `[${first}, …, ${last}]`;
};

const shapeBelow = (key: string, inner: unknown, depth: number): string =>
  DATA.has(key) || /schema$/i.test(key) ? shapeTo(inner, 0) : shapeTo(inner, depth);
