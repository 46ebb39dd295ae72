import {
  closeSync,
  constants,
  fsync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Observable } from 'rxjs';
import { namesIn } from './files.js';
import { hasProcess, pidNamespace } from './process-identity.js';

const SUFFIX = '.tmp';
/** Milliseconds after which a temporary file is stale, whoever wrote it. A write takes a few. */
const STALE_MS = 60_000;

/** An open file beside the file that it will become. */
export interface TemporaryFile {
  readonly name: string;
  readonly descriptor: number;
}

/**
 * Creates the temporary file of this process for `file`, with mode 0600, after it has removed those
 * that killed processes left. Two processes never share one, so neither renames what the other has
 * not written yet. Throws when the file cannot be created.
 */
export const createTemporary = (file: string): TemporaryFile => {
  removeStale(file);
  const name = `${file}.${ownId()}${SUFFIX}`;
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return { name, descriptor: openSync(name, flags, 0o600) };
};

/**
 * Replaces a file by a temporary file and a rename: a crash of this process leaves the old content
 * or the new one. Throws when that fails, and removes the temporary file.
 */
export const replaceFile = (file: string, content: string | Uint8Array): void => {
  const temporary = createTemporary(file);
  putInPlace(temporary, file, () => {
    writeFileSync(temporary.descriptor, content);
  });
};

/**
 * Replaces a file as `replaceFile` does, once its content is on disk: a crash of the machine leaves
 * the old content or the new one, too.
 *
 * Emits nothing; completes when the file is replaced, and does not block until then. Fails with the
 * error of the system, and removes the temporary file. Unsubscribe before that replaces the file at
 * once, and blocks until the content is on disk.
 */
export const replaceDurably = (file: string, content: string): Observable<never> =>
  new Observable((subscriber) => {
    const temporary = createTemporary(file);
    let isOver = false;
    const finish = (flush: () => void): void => {
      isOver = true;
      putInPlace(temporary, file, flush);
    };
    try {
      writeFileSync(temporary.descriptor, content);
    } catch (error) {
      finish(failWith(error));
    }
    fsync(temporary.descriptor, (error) => {
      if (isOver) return;
      try {
        finish(error === null ? ignore : failWith(error));
        subscriber.complete();
      } catch (failure) {
        subscriber.error(failure);
      }
    });
    return () => {
      if (isOver) return;
      try {
        finish(() => {
          fsyncSync(temporary.descriptor);
        });
      } catch {
        // Nobody is there to learn it.
      }
    };
  });

const ignore = (): void => undefined;

const failWith = (error: unknown) => (): never => {
  throw error;
};

/** Closes the temporary file after `work`, and renames it; removes it when either fails. */
const putInPlace = ({ name, descriptor }: TemporaryFile, file: string, work: () => void): void => {
  try {
    try {
      work();
    } finally {
      closeSync(descriptor);
    }
    renameSync(name, file);
  } catch (error) {
    rmSync(name, { force: true });
    throw error;
  }
};

/** Removes what killed processes left of `file` and of longer names (`.claim`). Does not throw. */
export const removeStale = (file: string): void => {
  const folder = path.dirname(file);
  const prefix = `${path.basename(file)}.`;
  for (const name of namesIn(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(SUFFIX)) continue;
    try {
      const temporary = path.join(folder, name);
      if (isStale(temporary, name.slice(prefix.length, -SUFFIX.length)))
        rmSync(temporary, { force: true });
    } catch {
      // It is gone, or is not ours to remove.
    }
  }
};

/** The pid namespace and the pid of this process, as a part of a name. */
const ownId = (): string => `${namespaceId()}-${process.pid}`;

const namespaceId = (): string => /\d+/.exec(pidNamespace())?.[0] ?? '0';

const isStale = (temporary: string, id: string): boolean => {
  const [, namespace, pid] = /(?:^|\.)(\d+)-(\d+)$/.exec(id) ?? [];
  const isDead =
    namespace === namespaceId() && (Number(pid) === process.pid || !hasProcess(Number(pid)));
  return isDead || Date.now() - lstatSync(temporary).mtimeMs > STALE_MS;
};
