import { statSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { readSmallFile, realPath } from '../../process/files.js';
import { parseVersion } from '../version.js';
import { foreignPlatform } from './foreign-program.js';

/** What a package of codex says about itself, in the folder above its `bin/`. */
const PACKAGE_FILE = 'codex-package.json';
const Package = t.type({ layoutVersion: t.literal(1), version: t.string, entrypoint: t.string });
/** It has 205 bytes. */
const MAX_BYTES = 4_096;

/** Milliseconds within which a package is unpacked, its program first. */
const UNPACKED_MS = 60_000;

/**
 * The version of a program of codex by the file of its package, which npm and codex's installer
 * unpack with it; `undefined` for any other program, which has to be asked: also for one that has
 * later been put in the place of the package's own, and for one that this machine may not run.
 */
export const packagedVersion = (file: string, stat = timesOf): string | undefined => {
  const program = realPath(file);
  const folder = path.join(program, '..', '..');
  try {
    const packageFile = path.join(folder, PACKAGE_FILE);
    const about: unknown = JSON.parse(readSmallFile(packageFile, MAX_BYTES));
    const isOwn =
      Package.is(about) &&
      path.join(folder, about.entrypoint) === program &&
      isOfOneTime(stat(program), stat(packageFile)) &&
      foreignPlatform(program) === undefined;
    return isOwn ? parseVersion(about.version) : undefined;
  } catch {
    return undefined;
  }
};

interface Times {
  readonly mtimeMs: number;
  /** When the file came to its name or was written: no tool can set it. */
  readonly ctimeMs: number;
}

const timesOf = (file: string): Times => statSync(file);

const isOfOneTime = (program: Times, about: Times): boolean =>
  program.mtimeMs - about.mtimeMs < UNPACKED_MS && program.ctimeMs - about.ctimeMs < UNPACKED_MS;
