import { lstatSync, realpathSync } from 'node:fs';
import { readRegularFile, UnexpectedFileError } from '../../process/files.js';
import { codeOf } from '../../text/explain.js';
import { fileError, InstallError } from './install-error.js';

/** The most bytes of config.json and plexum.json, which have a few hundred. */
export const MAX_SETTINGS_BYTES = 1024 * 1024;

/** The most bytes of any other file. A plugin of another make is a binary of up to 100 MiB. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The bytes of a regular file, or `undefined` when it does not exist. Throws `InstallError`, also
 * for a pipe, a device and a file of more than `maxBytes`. Never blocks.
 */
export const readBytes = (file: string, maxBytes = MAX_BYTES): Buffer | undefined => {
  try {
    return readRegularFile(file, maxBytes);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof UnexpectedFileError)
      throw new InstallError(`${file} ${error.message}; correct it and run this again`);
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
