import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { codeOf } from '../text/explain.js';

/**
 * Writes all bytes at `position`, or at the current position, however often the disk writes less.
 */
export const writeAll = (descriptor: number, bytes: Buffer, position?: number): void => {
  for (let at = 0; at < bytes.length; )
    at += writeSync(
      descriptor,
      bytes,
      at,
      bytes.length - at,
      position === undefined ? null : position + at,
    );
};

/**
 * Flushes the folder of a file: only then is a new, renamed or removed name on disk. Some shared
 * file systems cannot flush a folder, and keep names as well as they can.
 */
export const flushFolder = (file: string): void => {
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error;
  } finally {
    closeSync(folder);
  }
};
