import path from 'node:path';
import { parseArgs } from 'node:util';
import { reasonOf } from '../../text/explain.js';
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

/** Reads the arguments of `scripts/install.sh`. Throws `InstallError`. */
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
  try {
    const { values } = parseArgs({ args: [...args], options: FLAGS });
    for (const name of ['profile', 'codex'] as const) {
      if (values[name] === '') throw new Error(`--${name} is empty`);
      if (values[name]?.startsWith('~') === true)
        throw new Error(`--${name}: "~" is not expanded here; give the whole path`);
    }
    if (values.uninstall && values.codex !== undefined)
      throw new Error('--codex has no meaning with --uninstall');
    return values;
  } catch (error) {
    throw new InstallError(`${reasonOf(error)}; see --help`);
  }
};
