import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A file to which lines are added. */
export interface AppendedFile {
  readonly handle: FileHandle;
  /** Bytes that it has. */
  readonly size: number;
  /** Whether it is a regular file, and neither a pipe nor a device. */
  readonly isFile: boolean;
}

export interface AppendOptions {
  /** Added to the flags of the system. */
  readonly flags?: number;
  /** Throws for a file that is not to be written. */
  readonly check?: (stats: Stats) => void;
}

const LF = 0x0a;

/**
 * Opens a file to add lines to it, or creates one with mode 0600. Fails at once for a pipe without
 * a reader, and when `check` throws. Ends a last line that has no LF, which a killed program or a
 * full disk may leave: the next line would be lost with it.
 */
export const openToAppend = async (
  file: string,
  { flags = 0, check }: AppendOptions = {},
): Promise<AppendedFile> => {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
  const handle = await open(file, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | flags, 0o600);
  try {
    const stats = await handle.stat();
    check?.(stats);
    const { size } = stats;
    const isFile = stats.isFile();
    const isTorn = isFile && size > 0 && (await lastByte(file, size, flags)) !== LF;
    if (isTorn) await handle.appendFile('\n');
    return { handle, isFile, size: size + (isTorn ? 1 : 0) };
  } catch (error) {
    await handle.close();
    throw error;
  }
};

const lastByte = async (file: string, size: number, flags: number): Promise<number | undefined> => {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  try {
    return (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
  } finally {
    await handle.close();
  }
};
