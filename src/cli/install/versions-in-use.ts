import { readdirSync, readFileSync } from 'node:fs';
import { VERSIONS } from './launcher.js';

/**
 * The arguments of every process that this user may see. `undefined` where processes cannot be
 * listed (a system without /proc).
 */
export const runningCommands = (): readonly string[] | undefined => {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(commandLineOf);
  } catch {
    return undefined;
  }
};

/**
 * The versions that a running process names in its arguments. They must stay, because a plugin
 * starts its relay from the version that it was started from. All versions count as used when the
 * commands are not known.
 */
export const versionsInUse = (
  versions: readonly string[],
  commands: readonly string[] | undefined,
): readonly string[] => {
  if (commands === undefined) return versions;
  // Compares the end of the path only: inside a container the profile may have another path.
  return versions.filter((version) =>
    commands.some((command) => command.includes(`/${VERSIONS}/${version}/`)),
  );
};

const commandLineOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};
