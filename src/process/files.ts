import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import path from 'node:path';

/** The most bytes of a file that a person writes by hand, or a program for people: 16 MiB. */
export const MAX_WRITTEN_BYTES = 16 * 1024 * 1024;

/**
 * The text of a regular file; empty when it does not exist, cannot be read or has more than 16 MiB.
 * Never blocks.
 */
export const readOrEmpty = (file: string): string => {
  try {
    return readRegularFile(file, MAX_WRITTEN_BYTES).toString('utf8');
  } catch {
    return '';
  }
};

/**
 * The path without links: the one name of a folder. What does not exist stands behind the real path
 * of the nearest parent that does.
 */
export const realPath = (file: string): string => {
  try {
    return realpathSync(file);
  } catch {
    const parent = path.dirname(file);
    return parent === file ? file : path.join(realPath(parent), path.basename(file));
  }
};

export const isDirectory = (folder: string): boolean => statsOf(folder)?.isDirectory() ?? false;

/** Whether it is a regular file, also behind a link. */
export const isFile = (file: string): boolean => statsOf(file)?.isFile() ?? false;

const statsOf = (file: string): Stats | undefined => {
  try {
    // An error costs more than the call: most of the paths of a search do not exist.
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
};

/** The names in a folder; none when it cannot be read. */
export const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Whether it is a file that this user may execute. */
export const isProgram = (file: string): boolean => {
  if (!isFile(file)) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The file is not one that `readSmallFile` reads. The message continues the name of the file. */
export class UnexpectedFileError extends Error {
  override readonly name = 'UnexpectedFileError';
}

/**
 * The text of a regular file of at most `maxBytes`, for files that anybody may have put there.
 * Throws `UnexpectedFileError` for a pipe, a directory and a larger file, and the error of the
 * system for a link and a file that cannot be read. Never blocks.
 */
export const readSmallFile = (file: string, maxBytes: number): string =>
  readRegularFile(file, maxBytes, constants.O_NOFOLLOW).toString('utf8');

/** The bytes of a regular file as `readSmallFile`, also behind a link unless `flags` forbid it. */
export const readRegularFile = (file: string, maxBytes: number, flags = 0): Buffer =>
  ofRegularFile(file, flags, (descriptor, size) => {
    if (size > maxBytes) throw new UnexpectedFileError(`has ${size} bytes`);
    return readStart(descriptor, size);
  });

/**
 * The first bytes of a regular file of any size, also behind a link. Throws as `readSmallFile`.
 * Never blocks.
 */
export const readHead = (file: string, bytes: number): Buffer =>
  ofRegularFile(file, 0, (descriptor) => readStart(descriptor, bytes));

const ofRegularFile = (
  file: string,
  flags: number,
  read: (descriptor: number, size: number) => Buffer,
): Buffer => {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new UnexpectedFileError('is not a regular file');
    return read(descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
};

const readStart = (descriptor: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, 0));
};
