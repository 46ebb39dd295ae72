import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { Observable } from 'rxjs';

/** The longest path of a unix socket that Linux and macOS take, less its NUL. */
const MAX_SOCKET_PATH = 103;

/** A folder of its own for one socket: only we can enter it. */
export interface SocketPlace {
  readonly socket: string;
  /** Removes the folder, and its base when nothing else is in it. */
  readonly leave: () => void;
}

/**
 * Makes a private folder (0700) for a socket in the first of `bases` that is ours and short enough for the OS. Throws when there is none.
 */
export const socketPlace = (bases: readonly string[]): SocketPlace => {
  const problems: string[] = [];
  for (const base of bases) {
    try {
      if (Buffer.byteLength(path.join(base, 'XXXXXXXX', 's')) > MAX_SOCKET_PATH) throw new Error('its path is too long for a socket');
      mkdirSync(base, { recursive: true, mode: 0o700 });
      const stat = lstatSync(base);
      if (!stat.isDirectory() || stat.uid !== process.getuid?.()) throw new Error('it is not a folder of ours');
      const dir = mkdtempSync(path.join(base, 's-'));
      const leave = (): void => {
        rmSync(dir, { recursive: true, force: true });
        if (readdirSync(base).length === 0) rmdirSync(base);
      };
      return { socket: path.join(dir, 's'), leave };
    } catch (error) {
      problems.push(`${base}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`there is no place for a socket (${problems.join('; ')})`);
};

/**
 * Removes what a plugin that was killed left in `base`: folders of ours with a socket on which nobody listens. Emits nothing and does not fail;
 * completes when all were looked at.
 */
export const removeDead = (base: string): Observable<never> =>
  new Observable((subscriber) => {
    const dirs = oursIn(base);
    let left = dirs.length;
    const done = (): void => {
      left -= 1;
      if (left <= 0) subscriber.complete();
    };
    if (dirs.length === 0) done();
    for (const dir of dirs) {
      const connection = createConnection(path.join(dir, 's'));
      connection.on('connect', () => connection.destroy());
      connection.on('error', () => {
        rmSync(dir, { recursive: true, force: true });
      });
      connection.on('close', done);
    }
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
