import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { Observable } from 'rxjs';
import { createSocketDir } from '../../bridge/socket-dir.js';
import { folderProblem, pathProblem } from '../../process/file-problem.js';
import { readRegularFile } from '../../process/files.js';
import { codeOf, reasonOf } from '../../text/explain.js';
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

/** The most bytes of a file of the daemon that is read. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads `file` if it exists. Throws when it is there and cannot be read. Waits for no pipe. */
export const daemonFile = (file: string): DaemonFile => {
  try {
    return { file, text: readRegularFile(file, MAX_BYTES).toString('utf8') };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { file, text: undefined };
    throw new Error(`${file} ${pathProblem(file) ?? reasonOf(error)}`, { cause: error });
  }
};

/** Why `folder` cannot be written, found by creating a folder in it; `undefined` if it can. */
export const writeProblem = (folder: string): string | undefined => {
  const problem = folderProblem(folder);
  if (problem !== undefined) return problem;
  try {
    rmSync(mkdtempSync(path.join(folder, '.doctor-')), { recursive: true });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};
