import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { codeOf } from '../text/explain.js';
import { isDirectory } from './files.js';

// Not by `recursive`: Node 20 to 24 never return where a folder takes no folder, as /proc, and say
// ENOENT of a parent that cannot be created, for instance on a read-only disk.

/**
 * Creates a folder with its absent parents, with `mode` less the umask. Throws the error of the
 * system for the first that cannot be created.
 */
export const createFolder = (folder: string, mode = 0o700): void => {
  if (isDirectory(folder)) return;
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have created it.
    if (isDirectory(folder)) return;
    if (codeOf(error) !== 'ENOENT' || folder === path.dirname(folder)) throw error;
    createFolder(path.dirname(folder), mode);
    createInParent(folder, mode);
  }
};

const createInParent = (folder: string, mode: number): void => {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (!isDirectory(folder)) throw error;
  }
};

/** The parts of a path that are no directories, outermost first. */
export const absentPartsOf = (folder: string): string[] =>
  isDirectory(folder) || folder === path.dirname(folder)
    ? []
    : [...absentPartsOf(path.dirname(folder)), folder];

/**
 * The folder for temporary files (TMPDIR). Makes it anew where it is gone: systems clean up below
 * `/tmp` while a plugin runs. Does not throw; whoever writes there learns the reason.
 */
export const temporaryFolder = (): string => {
  const folder = tmpdir();
  try {
    createFolder(folder);
  } catch {
    // It cannot be made.
  }
  return folder;
};
