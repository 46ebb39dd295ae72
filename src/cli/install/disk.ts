import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { fileError } from './install-error.js';

/** The bytes of a file, or `undefined` when it does not exist. Throws `InstallError`. */
export const readBytes = (file: string): Buffer | undefined => {
  try {
    return readFileSync(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw fileError(`read ${file}`, error);
  }
};

/** Whether the name exists. A dangling link exists too. */
export const nameExists = (file: string): boolean =>
  lstatSync(file, { throwIfNoEntry: false }) !== undefined;

/** The path without links, or the path itself when it cannot be resolved. */
export const resolveLinks = (file: string): string => {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
};

/** Whether a file has these bytes. `undefined` stands for a file that does not exist. */
export const hasBytes = (file: string, bytes: Buffer | undefined): boolean => {
  const now = readBytes(file);
  return now === undefined || bytes === undefined ? now === bytes : now.equals(bytes);
};

/** The names in a folder; none when it cannot be read. */
export const listNames = (dir: string): string[] => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

/** Whether this is an error of the system with this code, for instance ENOENT. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
