import { lstatSync, readFileSync, type Stats } from 'node:fs';
import path from 'node:path';
import { resolveLinks } from './disk.js';
import { fileError } from './install-error.js';

/** The user to whom the files of a profile belong. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user who can change the contents of a folder: the first owner on the path that is not root.
 * `undefined` when every owner is root, and when this process is not run by root.
 */
export const ownerOf = (dir: string): Owner | undefined =>
  process.getuid?.() === 0
    ? (firstOwner(dir) ?? firstOwner(resolveLinks(nearestExisting(dir))))
    : undefined;

const firstOwner = (dir: string): Owner | undefined => {
  const parts = path.resolve(dir).split(path.sep);
  return parts
    .map((_, nth) => statOf(parts.slice(0, nth + 1).join(path.sep) || path.sep))
    .find((stat) => stat !== undefined && stat.uid !== 0 && isMapped(stat.uid));
};

/**
 * Whether the user exists in this user namespace. Files of users outside of it belong to "nobody",
 * and the namespace's root has no power over them.
 */
const isMapped = (uid: number): boolean => {
  try {
    const ranges = readFileSync('/proc/self/uid_map', 'latin1').trim().split('\n');
    return ranges
      .map((range) => range.trim().split(/ +/).map(Number))
      .some(([first = 0, , count = 0]) => uid >= first && uid < first + count);
  } catch {
    return true;
  }
};

/** Of a link itself. `undefined` when the name cannot be read. */
const statOf = (file: string): Stats | undefined => {
  try {
    return lstatSync(file);
  } catch {
    return undefined;
  }
};

/** The folder, or its nearest ancestor that exists. */
const nearestExisting = (dir: string): string =>
  statOf(dir) === undefined ? nearestExisting(path.dirname(dir)) : dir;

/**
 * Runs `act` with the rights of the owner, who then owns the files that it creates. Links in the
 * owner's folders therefore lead no further than the owner may go. Without an owner, or when this
 * process is not root, runs `act` with the rights of this process. `act` must not start a program:
 * the program could become root again.
 */
export const runAs = <T>(owner: Owner | undefined, act: () => T): T => {
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

const become = ({ uid, gid }: Owner): void => {
  try {
    process.setgroups?.([gid]);
    process.setegid?.(gid);
    process.seteuid?.(uid);
  } catch (error) {
    throw fileError(`work as user ${uid}, to whom the profile belongs`, error);
  }
};
