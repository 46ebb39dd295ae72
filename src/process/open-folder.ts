import { closeSync, constants, openSync } from 'node:fs';
import { isDirectory, realPath } from './files.js';

/** A folder that stays the same one, wherever it is moved and whatever gets its name. */
export interface OpenFolder {
  /** Leads to the folder until it is closed; its real path where the system has no `/proc`. */
  readonly path: string;
  /** May be called twice. */
  readonly close: () => void;
}

/** Opens a folder. Throws the error of the system when that fails. */
export const openFolder = (folder: string): OpenFolder => {
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const opened = `/proc/self/fd/${descriptor}`;
  let isOpen = true;
  return {
    path: isDirectory(opened) ? opened : realPath(folder),
    close: () => {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
};
