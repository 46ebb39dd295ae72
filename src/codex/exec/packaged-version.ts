import path from 'node:path';
import * as t from 'io-ts';
import { readSmallFile, realPath } from '../../process/files.js';
import { parseVersion } from '../version.js';

/** What a package of codex says about itself, in the folder above its `bin/`. */
const PACKAGE_FILE = 'codex-package.json';
const Package = t.type({ layoutVersion: t.literal(1), version: t.string, entrypoint: t.string });
/** It has 205 bytes. */
const MAX_BYTES = 4_096;

/**
 * The version of a program of codex by the file of its package, which npm and codex's installer
 * unpack with it; `undefined` for any other program, which has to be asked.
 */
export const packagedVersion = (file: string): string | undefined => {
  const program = realPath(file);
  const folder = path.join(program, '..', '..');
  try {
    const about: unknown = JSON.parse(readSmallFile(path.join(folder, PACKAGE_FILE), MAX_BYTES));
    return Package.is(about) && path.join(folder, about.entrypoint) === program
      ? parseVersion(about.version)
      : undefined;
  } catch {
    return undefined;
  }
};
