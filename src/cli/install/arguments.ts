import path from 'node:path';
import { isLeft } from 'fp-ts/lib/Either.js';
import { readCommandLine } from '../command-line.js';
import { InstallError } from './install-error.js';

export interface InstallOptions {
  /** Folder of the project whose `dist/` is installed. */
  readonly root: string;
  /** The environment with the profile as PLEXUM_PROFILE_ROOT. */
  readonly env: NodeJS.ProcessEnv;
  /** The codex for a new config.json. */
  readonly codex: string | undefined;
  /** Whether to change the allow list of plexum.json too. */
  readonly allow: boolean;
  readonly isDry: boolean;
  readonly uninstall: boolean;
}

const FLAGS = {
  profile: { type: 'string' },
  codex: { type: 'string' },
  allow: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  uninstall: { type: 'boolean', default: false },
} as const;

/**
 * Reads the arguments of `scripts/install.sh`, which has checked them. Throws `InstallError` for an
 * unknown one.
 */
export const readArguments = (
  args: readonly string[],
  root: string,
  env: NodeJS.ProcessEnv,
): InstallOptions => {
  const { profile, codex, allow, 'dry-run': isDry, uninstall } = parse(args);
  return {
    root,
    env: profile === undefined ? env : { ...env, PLEXUM_PROFILE_ROOT: path.resolve(profile) },
    codex,
    allow,
    isDry,
    uninstall,
  };
};

const parse = (args: readonly string[]) => {
  const read = readCommandLine({ args: [...args], options: FLAGS });
  if (isLeft(read) || read.right === 'help')
    throw new InstallError(`${isLeft(read) ? read.left : 'there is no help here'}; see --help`);
  return read.right.values;
};
