import {
  closeSync,
  constants,
  fsync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { AsyncSubject, type Observable } from 'rxjs';
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
 * or the new one. Calls `finish` with the descriptor of the temporary file before the rename.
 * Throws when one of these fails, and removes the temporary file.
 */
export const replaceFile = (
  file: string,
  content: string | Uint8Array,
  finish?: (descriptor: number) => void,
): void => {
  const { name, descriptor } = createTemporary(file);
  try {
    try {
      writeFileSync(descriptor, content);
      finish?.(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(name, file);
  } catch (error) {
    rmSync(name, { force: true });
    throw error;
  }
};

/**
 * Replaces a file as `replaceFile` does, and brings its content to disk after that: a flush takes
 * up to a second where other processes write much. A crash of the machine before its end may leave
 * an empty file. The other order would lose more: a process that is killed before the rename leaves
 * nothing, and until then no other process sees the content. Throws when the file cannot be
 * replaced. Returns what completes when the content is on disk, or cannot be brought there; it
 * emits nothing.
 */
export const replaceDurably = (file: string, content: string): Observable<never> => {
  replaceFile(file, content);
  const flushed$ = new AsyncSubject<never>();
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    fsync(descriptor, () => {
      closeSync(descriptor);
      flushed$.complete();
    });
  } catch {
    // Without a descriptor the system brings it to disk later.
    flushed$.complete();
  }
  return flushed$;
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
