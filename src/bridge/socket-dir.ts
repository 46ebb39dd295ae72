import { lstatSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { from, mergeMap, Observable } from 'rxjs';
import { createFolder } from '../process/create-folder.js';
import { codeOf, reasonOf } from '../text/explain.js';

/** The longest path of a unix socket on Linux and macOS, without its NUL. */
const MAX_SOCKET_PATH = 103;

/**
 * A folder without a socket is dead after so many milliseconds; before, its plugin may be starting.
 */
const START_MS = 60_000;

/** A private folder for one socket. */
export interface SocketDir {
  readonly socket: string;
  /** Removes the folder, and its base when the base is empty. Does not throw. */
  readonly remove: () => void;
}

/**
 * Creates a private folder (0700) for a socket in the first usable folder of `bases`: it belongs to
 * this user, nobody else can write there, and the path is short enough for the OS. Throws when no
 * base is usable, with the reason for each.
 */
export const createSocketDir = (bases: readonly string[]): SocketDir => {
  const problems: string[] = [];
  for (const base of bases) {
    try {
      if (Buffer.byteLength(path.join(base, 's-XXXXXX', 's')) > MAX_SOCKET_PATH)
        throw new Error('its path is too long for a socket');
      const dir = createPrivateDir(base);
      return { socket: path.join(dir, 's'), remove: () => removeDir(dir, base) };
    } catch (error) {
      problems.push(`${base}: ${reasonOf(error)}`);
    }
  }
  throw new Error(`there is no place for a socket (${problems.join('; ')})`);
};

const createPrivateDir = (base: string): string => {
  // Another plugin of this profile may remove the empty base between the two steps.
  for (let attempt = 1; ; attempt += 1) {
    createFolder(base);
    const stat = lstatSync(base);
    if (!stat.isDirectory() || stat.uid !== process.getuid?.())
      throw new Error('it is not a folder of ours');
    if ((stat.mode & 0o022) !== 0) throw new Error('others may write there; chmod go-w it');
    try {
      return mkdtempSync(path.join(base, 's-'));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === 10) throw error;
    }
  }
};

const removeDir = (dir: string, base: string): void => {
  try {
    rmSync(dir, { recursive: true, force: true });
    rmdirSync(base);
  } catch {
    // The base holds another socket, or is gone.
  }
};

/**
 * Removes the socket folders of killed plugins: folders of this user in `bases` with a socket that
 * nobody listens on. Emits nothing; completes after the last folder; does not fail. Unsubscribe
 * stops the search.
 */
export const removeDeadSockets = (bases: readonly string[]): Observable<never> =>
  from(bases).pipe(
    mergeMap((base) => from(socketDirs(base)).pipe(mergeMap((dir) => removeIfDead(dir, base)))),
  );

const removeIfDead = (dir: string, base: string): Observable<never> =>
  new Observable((subscriber) => {
    const connection = createConnection(path.join(dir, 's'));
    connection.on('connect', () => connection.destroy());
    connection.on('error', (error) => {
      if (codeOf(error) === 'ECONNREFUSED' || (codeOf(error) === 'ENOENT' && ageMs(dir) > START_MS))
        removeDir(dir, base);
    });
    connection.on('close', () => {
      subscriber.complete();
    });
    return () => connection.destroy();
  });

/** The socket folders of this user in a base. */
const socketDirs = (base: string): string[] => {
  try {
    return readdirSync(base)
      .filter((name) => /^s-\w{6}$/.test(name))
      .map((name) => path.join(base, name))
      .filter((dir) => lstatSync(dir).isDirectory() && lstatSync(dir).uid === process.getuid?.());
  } catch {
    return [];
  }
};

const ageMs = (dir: string): number =>
  Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
