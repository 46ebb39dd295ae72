// The versions that must stay since a process may need them: a plugin starts its relay from the
// version it was started from.
import { readdirSync, readFileSync } from 'node:fs';
import { VERSIONS } from './launcher.mjs';

/**
 * The versions that a process names in its arguments, of these. All of them where the processes
 * cannot be seen (there is no /proc).
 * @param {string[]} versions
 */
export const inUse = (versions) => {
  if (versions.length === 0) return [];
  let pids;
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return versions;
  }
  const commands = pids.map(argumentsOf);
  // By the end of its path: in a container the profile may have another one.
  return versions.filter((version) =>
    commands.some((command) => command.includes(`/${VERSIONS}/${version}/`)),
  );
};

/** @param {string} pid */
const argumentsOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
};
