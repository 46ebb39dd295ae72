// As whom the files of a profile are made. What root does in a folder of another user it does as
// that user: whatever links they put there lead no further than they may go themselves.
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cannot } from './install-error.mjs';
import { realOf } from './look.mjs';

/** @typedef {{ uid: number, gid: number }} Owner */

/**
 * The user who can change what lies in a folder: the first on the way to it that is not root.
 * Undefined when that is root, or when this is not run by root.
 * @param {string} dir @returns {Owner | undefined}
 */
export const ownerOf = (dir) =>
  process.getuid?.() === 0 ? (firstOwner(dir) ?? firstOwner(realOf(existing(dir)))) : undefined;

/** @param {string} dir @returns {Owner | undefined} */
const firstOwner = (dir) => {
  const parts = path.resolve(dir).split(path.sep);
  return parts
    .map((_, nth) => statOf(parts.slice(0, nth + 1).join(path.sep) || path.sep))
    .find((stat) => stat !== undefined && stat.uid !== 0 && isHere(stat.uid));
};

/**
 * Whether there is such a user in this namespace: what belongs to others shows as nobody's, and its
 * root has no power over them.
 * @param {number} uid
 */
const isHere = (uid) => {
  try {
    const ranges = readFileSync('/proc/self/uid_map', 'latin1').trim().split('\n');
    return ranges
      .map((range) => range.trim().split(/ +/).map(Number))
      .some(([first = 0, , count = 0]) => uid >= first && uid < first + count);
  } catch {
    return true;
  }
};

/**
 * Of a link itself; undefined where nothing is.
 * @param {string} file
 */
const statOf = (file) => {
  try {
    return lstatSync(file);
  } catch {
    return undefined;
  }
};

/**
 * The folder, or the nearest above it that is there.
 * @param {string} dir @returns {string}
 */
const existing = (dir) => (statOf(dir) === undefined ? existing(path.dirname(dir)) : dir);

/**
 * Runs `act` as that user, who also owns what it makes; as oneself when there is none. Nothing may
 * be started meanwhile: a program could become root again.
 * @template T @param {Owner | undefined} owner @param {() => T} act @returns {T}
 */
export const acting = (owner, act) => {
  if (owner === undefined || process.geteuid?.() !== 0) return act();
  const [group, groups] = [process.getegid?.() ?? 0, process.getgroups?.() ?? []];
  try {
    become(owner);
    return act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(group);
    process.setgroups?.(groups);
  }
};

/** @param {Owner} owner */
const become = ({ uid, gid }) => {
  try {
    process.setgroups?.([gid]);
    process.setegid?.(gid);
    process.seteuid?.(uid);
  } catch (error) {
    throw cannot(`work as user ${uid}, to whom the profile belongs`, error);
  }
};
