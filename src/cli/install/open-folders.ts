import { statSync } from 'node:fs';
import path from 'node:path';
import { pluginDir, profileRoot } from '../../plexum/profile.js';
import { namesIn } from '../../process/files.js';
import { InstallError } from './install-error.js';
import { quoteForShell, VERSIONS } from './launcher.js';

/**
 * Throws `InstallError` when another user than its owner may write into a folder of the
 * installation, and so replace the programs that the daemon starts.
 */
export const refuseOpenFolders = (env: NodeJS.ProcessEnv): void => {
  const dir = pluginDir(env);
  const versions = path.join(dir, VERSIONS);
  const open = [
    profileRoot(env),
    path.dirname(dir),
    dir,
    versions,
    ...namesIn(versions).map((name) => path.join(versions, name)),
  ].filter((folder) => (modeOf(folder) & 0o022) !== 0);
  const [first] = open;
  if (first === undefined) return;
  const writers = (modeOf(first) & 0o002) !== 0 ? 'everybody' : 'its group';
  throw new InstallError(
    `${first} may be written by ${writers}, who could replace the plugin that the daemon starts; close it and run this again: chmod go-w ${open.map(quoteForShell).join(' ')}. Nothing was changed`,
  );
};

/** The mode of a folder; 0 for one that does not exist. */
const modeOf = (dir: string): number => {
  try {
    const stat = statSync(dir);
    return stat.isDirectory() ? stat.mode : 0;
  } catch {
    return 0;
  }
};
