import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { fileError } from './install-error.js';

/** The user to whom the files of a profile belong. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The most links on a path, as in the kernel. */
const MAX_LINKS = 40;

/**
 * The user who decides where a path leads: the first owner that is not root of the folders and
 * links on it, those that a link leads through included. `undefined` when every owner is root, and
 * when this process is not run by root. The owner of a file at the end of the path does not count.
 */
export const ownerOf = (file: string): Owner | undefined =>
  process.getuid?.() === 0 ? firstOwner(path.resolve(file), 0) : undefined;

const firstOwner = (file: string, links: number): Owner | undefined => {
  const names = file.split(path.sep);
  for (const nth of names.keys()) {
    const place = names.slice(0, nth + 1).join(path.sep) || path.sep;
    const stat = statOf(place);
    if (stat === undefined || stat.isFile()) return undefined;
    if (stat.uid !== 0 && isMapped(stat.uid)) return stat;
    if (stat.isSymbolicLink() && links < MAX_LINKS)
      return firstOwner(
        path.resolve(path.dirname(place), readlinkSync(place), ...names.slice(nth + 1)),
        links + 1,
      );
  }
  return undefined;
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

/** The home of the owner; the root folder when the system does not know the user. */
export const homeOf = (owner: Owner): string =>
  runAs(owner, () => {
    try {
      return userInfo().homedir;
    } catch {
      return '/';
    }
  });

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
