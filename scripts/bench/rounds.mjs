// The order of measurements: no side may profit from the state in which another leaves the machine.

/**
 * Rotates the sides by the round, and reverses them in every second round, so that each side is
 * sometimes the first and follows each of its neighbours.
 * @template T @param {readonly T[]} sides @param {number} round @returns {T[]}
 */
export const inTurns = (sides, round) => {
  const from = round % sides.length;
  const turned = [...sides.slice(from), ...sides.slice(0, from)];
  return round % 2 === 0 ? turned : turned.reverse();
};

/**
 * Measures two sides in each round, `ours` first in every second one.
 * @template T, U @param {number} rounds @param {() => Promise<T>} ours @param {() => Promise<U>}
 * peer @returns {Promise<{ ours: T[], peer: U[] }>}
 */
export const alternate = async (rounds, ours, peer) => {
  /** @type {{ ours: T[], peer: U[] }} */ const all = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) all.ours.push(await ours());
    all.peer.push(await peer());
    if (round % 2 === 1) all.ours.push(await ours());
  }
  return all;
};
