import { closeSync, linkSync, lstatSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf } from '../text/explain.js';
import { createTemporary } from './temporary-file.js';

/**
 * Milliseconds for which an empty lock counts as one that is being written. FAT, which has no
 * links, keeps times to 2 s: a new file is up to 2 s old there.
 */
const EMPTY_MS = 3_000;

/**
 * Creates a lock with this content, completely or not at all: by a link to a complete file. Where
 * the file system has no links, the lock is empty for a moment; see `isBeingWritten`. False when
 * there is a lock already. Throws when no file can be created.
 */
export const createLock = (file: string, content: string, link = linkSync): boolean => {
  const { name, descriptor } = createTemporary(file);
  try {
    writeFileSync(descriptor, content);
    linkOrWrite(name, file, content, link);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    closeSync(descriptor);
    rmSync(name, { force: true });
  }
};

const linkOrWrite = (
  complete: string,
  file: string,
  content: string,
  link: typeof linkSync,
): void => {
  try {
    link(complete, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    writeLock(file, content);
  }
};

/** Not by `copyFileSync`, which fails where files have no modes, as on FAT. */
const writeLock = (file: string, content: string): void => {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(descriptor, content);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
};

/** Whether the lock is empty because its owner has only just created it. */
export const isBeingWritten = (file: string): boolean => {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.size > 0) return false;
  // One from the future is of a clock that was set back: it would count until then.
  return Math.abs(Date.now() - stats.mtimeMs) < EMPTY_MS;
};
