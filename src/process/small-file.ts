import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * The text of a small file that others may have put there: at most `maxBytes` of a regular file.
 * Throws for a link, a pipe, a folder, a larger file and one that cannot be read; waits for
 * nothing.
 */
export const readSmall = (file: string, maxBytes: number): string => {
  const descriptor = openSync(
    file,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new OddFileError('is not a regular file');
    if (stat.size > maxBytes) throw new OddFileError(`has ${stat.size} bytes`);
    const buffer = Buffer.alloc(maxBytes);
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, maxBytes, 0));
  } finally {
    closeSync(descriptor);
  }
};

/** The message goes on after the name of the file. */
export class OddFileError extends Error {
  override readonly name = 'OddFileError';
}
