import { readdirSync, readFileSync } from 'node:fs';
import { VERSIONS } from './launcher.js';

/**
 * The versions that a running process names in its arguments. They must stay, because a plugin
 * starts its relay from the version that it was started from. All versions count as used where
 * processes cannot be listed (a system without /proc).
 */
export const versionsInUse = (versions: readonly string[]): readonly string[] => {
  if (versions.length === 0) return [];
  let pids;
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return versions;
  }
  const commands = pids.map(commandLineOf);
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
