import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { EXECUTABLE } from '../../plexum/methods.js';
import { namesIn } from '../../process/files.js';
import { InstallError } from './install-error.js';
import { runProgram } from './run-program.js';

export const SCHEMA = 'config.schema.json';
/** The folder with the code that V8 compiled; see the launcher. */
export const CACHE = 'cache';

/** The files of `dist/`. */
export interface BuiltPlugin {
  /** The package's version. */
  readonly packageVersion: string;
  /** The package's version and a digest of the files but those of `cache/`. */
  readonly version: string;
  /** The files that run, by name; also this installer, which can uninstall without `dist/`. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** The schema of config.json, for editors. */
  readonly schema: Buffer;
}

/** Reads `dist/` of a project. Throws `InstallError` when a program in it is damaged. */
export const readBuilt = (root: string): BuiltPlugin => {
  const dist = path.join(root, 'dist');
  const names = readdirSync(dist).filter((name) => name !== SCHEMA && name !== CACHE);
  const read = (name: string): [string, Buffer] => [name, readFileSync(path.join(dist, name))];
  const programs = names.toSorted().map(read);
  const damaged = programs.find(([name, bytes]) => isPack(name) && !isWhole(bytes));
  if (damaged !== undefined)
    throw new InstallError(`${path.join(dist, damaged[0])} is damaged: run npm run build`);
  const digest = createHash('sha256');
  for (const [name, bytes] of programs) digest.update(`${name}\0${bytes.length}\0`).update(bytes);
  // Compiled anew it may be other bytes, and the plugin is the same.
  const compiled = namesIn(path.join(dist, CACHE))
    // A plugin that runs from here writes such a file, and renames it.
    .filter((name) => !/\.\d+$/.test(name))
    .map((name) => read(path.join(CACHE, name)));
  const packageVersion = versionIn(root);
  return {
    packageVersion,
    version: `${packageVersion}-${digest.digest('hex').slice(0, 12)}`,
    files: new Map([...programs, ...compiled]),
    schema: readFileSync(path.join(dist, SCHEMA)),
  };
};

/** Whether the launcher loads a file, which refuses one that is damaged. */
const isPack = (name: string): boolean =>
  name.endsWith('.cjs') && name !== 'install.cjs' && name !== 'launcher.cjs';

/** Whether a pack has its last line, which is its first one, and holds no zeros. */
const isWhole = (bytes: Buffer): boolean =>
  /^(\/\/ [0-9a-f]{12}\n)[^\0]*\1$/.test(bytes.toString('latin1'));

const versionIn = (root: string): string => {
  const about: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  if (t.type({ version: t.string }).is(about)) return about.version;
  throw new InstallError(`${root}/package.json has no version`);
};

/** Throws `InstallError` when the built plugin does not start. It looks at no profile. */
export const proveStart = (root: string, env: NodeJS.ProcessEnv): void => {
  const file = path.join(root, 'dist', EXECUTABLE);
  const { problem } = runProgram(process.execPath, [file, '--version'], env);
  if (problem !== undefined) throw new InstallError(`the built plugin does not run: ${problem}`);
};
