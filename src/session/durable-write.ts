import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

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

/** Flushes the folder of a file: only then is a new, renamed or removed name on disk. */
export const flushFolder = (file: string): void => {
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
