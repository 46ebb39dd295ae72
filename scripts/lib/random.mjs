// Random numbers that repeat with their seed.

/**
 * `fraction`: from 0 to below 1; `whole`: from `from` to `to`, both included; `chance`: true with
 * the probability `part`; `id`: a UUID.
 * @typedef {{ fraction: () => number, whole: (from: number, to: number) => number,
 *   one: <T>(of: readonly T[]) => T, chance: (part: number) => boolean, id: () => string }} Random
 */

/**
 * Each name has numbers of its own, so that the speed of one workspace does not change the numbers
 * of another.
 * @param {number} seed @param {string} name @returns {Random}
 */
export const randomOf = (seed, name) => {
  let state =
    Array.from(`${seed} ${name}`).reduce(
      (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193),
      0x811c9dc5,
    ) >>> 0;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (/** @type {number} */ from, /** @type {number} */ to) =>
    from + Math.floor(next() * (to - from + 1));
  const hex = (/** @type {number} */ length) =>
    Array.from({ length }, () => whole(0, 15).toString(16)).join('');
  return {
    fraction: next,
    whole,
    one: (of) => {
      const found = of[whole(0, of.length - 1)];
      if (found === undefined) throw new Error('there is nothing to choose from');
      return found;
    },
    chance: (part) => next() < part,
    id: () => [8, 4, 4, 4, 12].map(hex).join('-'),
  };
};
