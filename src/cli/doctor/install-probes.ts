import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { Observable } from 'rxjs';
import { createSocketDir } from '../../bridge/socket-dir.js';
import { isDirectory } from '../../process/files.js';
import { reasonOf } from '../../text/explain.js';
import type { DaemonFile } from './install-checks.js';

/**
 * Listens on a socket as the bridge does. Emits its path once it listens; does not complete. Fails
 * when the socket cannot be created. Unsubscribe closes and removes it.
 */
export const listenOnSocket = (bases: readonly string[]): Observable<string> =>
  new Observable((subscriber) => {
    if (bases.length === 0) throw new Error("the plugin's folder is not there");
    const { socket, remove } = createSocketDir(bases);
    const server = createServer();
    server.on('error', (error) => {
      subscriber.error(error);
    });
    server.listen(socket, () => {
      subscriber.next(socket);
    });
    return () => {
      server.close();
      remove();
    };
  });

/** Reads `file` if it exists. */
export const daemonFile = (file: string): DaemonFile => ({
  file,
  text: existsSync(file) ? readFileSync(file, 'utf8') : undefined,
});

/** Why `folder` cannot be written, found by creating a folder in it; `undefined` if it can. */
export const writeProblem = (folder: string): string | undefined => {
  if (!isDirectory(folder)) return existsSync(folder) ? 'is no folder' : 'does not exist';
  try {
    rmSync(mkdtempSync(path.join(folder, '.doctor-')), { recursive: true });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};
