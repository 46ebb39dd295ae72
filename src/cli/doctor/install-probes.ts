import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Observable } from 'rxjs';
import { createSocketDir } from '../../bridge/socket-dir.js';
import { ABSENT, folderProblem, pathProblem } from '../../process/file-problem.js';
import { readRegularFile } from '../../process/files.js';
import { codeOf, reasonOf } from '../../text/explain.js';
import type { WrittenFolder } from './folders-check.js';
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

/**
 * Why `folder` cannot be written, or cannot be made where it does not exist, to continue its path;
 * `undefined` if it can. Makes nothing that stays.
 */
export const makeProblem = (folder: string): string | undefined => {
  const existing = nearestEntry(folder);
  const problem = writeProblem(existing);
  return problem === undefined || existing === folder
    ? problem
    : `cannot be made: ${existing}: ${problem}`;
};

/** The folder, or the nearest one above it at which there is anything. */
const nearestEntry = (folder: string): string =>
  pathProblem(folder) === ABSENT ? nearestEntry(path.dirname(folder)) : folder;

/** What `writtenFolders` looks at. */
interface Written {
  readonly codexHome: string;
  /** Whether the environment names CODEX_HOME, which codex then does not make. */
  readonly isNamed: boolean;
  readonly recordDir: string | undefined;
  /** Codex files a thread below its day. */
  readonly today: Date;
}

/**
 * The folders outside the profile that codex and the plugin write to, and what is wrong with them.
 * Without a CODEX_HOME that is named: codex itself says that of its login.
 */
export const writtenFolders = ({
  codexHome,
  isNamed,
  recordDir,
  today,
}: Written): readonly WrittenFolder[] => {
  const look = (name: WrittenFolder['name'], folder: string): WrittenFolder => ({
    name,
    path: folder,
    problem: makeProblem(folder),
  });
  const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((part) =>
    String(part).padStart(2, '0'),
  );
  const home = look('CODEX_HOME', codexHome);
  const sessions = path.join(codexHome, 'sessions', ...day);
  const ofCodex = home.problem === undefined ? [home, look('sessions', sessions)] : [home];
  return [
    ...(isNamed && folderProblem(codexHome) !== undefined ? [] : ofCodex),
    look('TMPDIR', tmpdir()),
    ...(recordDir === undefined ? [] : [look('record_dir', recordDir)]),
  ];
};
