import { type Check, green, red } from './check.js';

/** A folder that turns write to, and why it cannot be written, if so. */
export interface Folder {
  readonly path: string;
  readonly problem?: string | undefined;
}

/** The profile and the plugin's folder in it. */
export const checkProfile = (folders: readonly Folder[]): Check => {
  const broken = folders.filter(({ problem }) => problem !== undefined);
  const detail = folders
    .map(({ path, problem }) => `${path}: ${problem ?? 'can be written'}`)
    .join('\n');
  return broken.length === 0
    ? green('profile', 'profile', detail)
    : red(
        'profile',
        'profile',
        detail,
        'make the folder and give it to the user of the daemon, or set PLEXUM_PROFILE_ROOT to the right profile',
      );
};
