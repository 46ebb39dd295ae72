import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { from, mergeMap, Observable } from 'rxjs';
import { reasonOf } from '../text/explain.js';

/** The longest path of a unix socket that Linux and macOS take, less its NUL. */
const MAX_SOCKET_PATH = 103;

/** Milliseconds after which a folder without a socket is no start in progress. */
const SETTLED_MS = 60_000;

/** A folder of its own for one socket: only we can enter it. */
export interface SocketPlace {
  readonly socket: string;
  /** Removes the folder, and its base when nothing else is in it. Does not throw. */
  readonly leave: () => void;
}

/**
 * Makes a private folder (0700) for a socket in the first of `bases` that is ours, closed to the
 * writing of others, and short enough for the OS. Throws when there is none, and says why of each.
 */
export const socketPlace = (bases: readonly string[]): SocketPlace => {
  const problems: string[] = [];
  for (const base of bases) {
    try {
      if (Buffer.byteLength(path.join(base, 's-XXXXXX', 's')) > MAX_SOCKET_PATH)
        throw new Error('its path is too long for a socket');
      const dir = privateDir(base);
      return { socket: path.join(dir, 's'), leave: () => leave(dir, base) };
    } catch (error) {
      problems.push(`${base}: ${reasonOf(error)}`);
    }
  }
  throw new Error(`there is no place for a socket (${problems.join('; ')})`);
};

const privateDir = (base: string): string => {
  // Another plugin of this profile may remove the base, empty, between the two steps.
  for (let attempt = 1; ; attempt += 1) {
    mkdirSync(base, { recursive: true, mode: 0o700 });
    const stat = lstatSync(base);
    if (!stat.isDirectory() || stat.uid !== process.getuid?.())
      throw new Error('it is not a folder of ours');
    if ((stat.mode & 0o022) !== 0) throw new Error('others may write there; chmod go-w it');
    try {
      return mkdtempSync(path.join(base, 's-'));
    } catch (error) {
      if (!isCode(error, 'ENOENT') || attempt === 10) throw error;
    }
  }
};

const leave = (dir: string, base: string): void => {
  try {
    rmSync(dir, { recursive: true, force: true });
    rmdirSync(base);
  } catch {
    // The base holds another socket, or is gone.
  }
};

/**
 * Removes what a plugin that was killed left in the bases: folders of ours with a socket on which
 * nobody listens. Emits nothing and does not fail; completes when all were looked at. Unsubscribe
 * stops looking.
 */
export const removeDeadSockets = (bases: readonly string[]): Observable<never> =>
  from(bases).pipe(
    mergeMap((base) => from(oursIn(base)).pipe(mergeMap((dir) => removeIfDead(dir, base)))),
  );

const removeIfDead = (dir: string, base: string): Observable<never> =>
  new Observable((subscriber) => {
    const connection = createConnection(path.join(dir, 's'));
    connection.on('connect', () => connection.destroy());
    connection.on('error', (error) => {
      if (isCode(error, 'ECONNREFUSED') || (isCode(error, 'ENOENT') && ageMs(dir) > SETTLED_MS))
        leave(dir, base);
    });
    connection.on('close', () => {
      subscriber.complete();
    });
    return () => connection.destroy();
  });

const oursIn = (base: string): string[] => {
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

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
