// What is on the disk.
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { cannot } from './install-error.mjs';

/**
 * The bytes of a file; undefined where there is none. Throws `InstallError`.
 * @param {string} file
 */
export const bytesOf = (file) => {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw cannot(`read ${file}`, error);
  }
};

/**
 * Whether there is something of that name, be it a link to nowhere.
 * @param {string} file
 */
export const isThere = (file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

/**
 * Where a link leads; what is not there is where it is.
 * @param {string} file
 */
export const realOf = (file) => {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
};

/**
 * Whether a file has these bytes, or is not there where they are undefined.
 * @param {string} file @param {Buffer | undefined} bytes
 */
export const isStill = (file, bytes) => {
  const now = bytesOf(file);
  return now === undefined || bytes === undefined ? now === bytes : now.equals(bytes);
};

/** @param {unknown} error @param {string} code */
export const isCode = (error, code) =>
  error instanceof Error && 'code' in error && error.code === code;
