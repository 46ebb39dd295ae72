// What codex prints and writes, by kind: events, items, records of a rollout, notifications.

/** @typedef {import('./record.mjs').Recording} Recording */
/** @typedef {Map<string, Set<string>>} Shapes the keys of each kind */

/** Levels of keys that are compared. */
const DEPTH = 3;
/** Keys that stand for a name or an id are none. */
const KEY = /^[A-Za-z][A-Za-z_]*$/;

/** @param {unknown} value @param {number} depth @returns {string[]} paths of keys */
const keysOf = (value, depth) => {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => keysOf(one, depth)))];
  return Object.entries(value)
    .filter(([key]) => KEY.test(key))
    .flatMap(([key, inner]) => [key, ...keysOf(inner, depth - 1).map((rest) => `${key}.${rest}`)]);
};

/** @param {any} event of `codex exec` */
const execKind = ({ type, item }) => `event ${item === undefined ? type : `${type} ${item.type}`}`;
/** @param {any} record */
const recordKind = ({ type, payload }) => {
  const inner = payload?.type === undefined ? '' : `/${payload.type}`;
  const item = payload?.item?.type === undefined ? '' : ` ${payload.item.type}`;
  return `record ${type}${inner}${item}`;
};
/** @param {any} frame */
const frameKind = ({ method, params }) =>
  `notification ${method}${params?.item?.type === undefined ? '' : ` ${params.item.type}`}`;

/** @param {readonly { transport: string, recording: Recording }[]} recordings @returns {Shapes} */
export const shapesOf = (recordings) => {
  /** @type {Shapes} */ const shapes = new Map();
  const add = (/** @type {string} */ kind, /** @type {unknown} */ value) => {
    const keys = shapes.get(kind) ?? new Set();
    for (const key of keysOf(value, DEPTH)) keys.add(key);
    shapes.set(kind, keys);
  };
  for (const { transport, recording } of recordings) {
    for (const record of recording.records) add(recordKind(record), record);
    for (const line of recording.lines) {
      const value = JSON.parse(line);
      if (transport === 'exec') add(execKind(value), value);
      else if ('method' in value) add(frameKind(value), value.params);
    }
  }
  return shapes;
};

/**
 * @param {Shapes} shapes @param {Shapes} before @returns {{ kinds: string[], keys: string[] }} the
 * kinds that only the first has, and the keys of the kinds that both have
 */
export const moreIn = (shapes, before) => ({
  kinds: [...shapes.keys()].filter((kind) => !before.has(kind)).sort(),
  keys: [...shapes]
    .flatMap(([kind, keys]) => {
      const known = before.get(kind);
      const more = known === undefined ? [] : [...keys].filter((key) => !known.has(key));
      // A new key is told without the keys in it.
      const whole = more.filter((key) => !more.some((outer) => key.startsWith(`${outer}.`)));
      return whole.length === 0 ? [] : [`${kind}: ${whole.sort().join(', ')}`];
    })
    .sort(),
});
