import path from 'node:path';
import { homeFolder } from '../text/home-folder.js';
import { PLUGIN_NAME } from './methods.js';

/** `$PLEXUM_PROFILE_ROOT`, else `~/.plexum`. */
export const profileRoot = (env: NodeJS.ProcessEnv): string => {
  const root = env['PLEXUM_PROFILE_ROOT'] ?? '';
  return root === '' ? path.join(homeFolder(), '.plexum') : path.resolve(root);
};

/** The folder of this plugin in the profile: executable, `manifest.json`, `config.json`. */
export const pluginDir = (env: NodeJS.ProcessEnv): string =>
  path.join(profileRoot(env), 'plugins', PLUGIN_NAME);

/** The `config.json` of this plugin in the profile. */
export const configFile = (env: NodeJS.ProcessEnv): string =>
  path.join(pluginDir(env), 'config.json');

/** The `manifest.json` of this plugin in the profile. */
export const manifestFile = (env: NodeJS.ProcessEnv): string =>
  path.join(pluginDir(env), 'manifest.json');

/** The daemon's own settings, `plexum.json`. */
export const plexumFile = (env: NodeJS.ProcessEnv): string =>
  path.join(profileRoot(env), 'plexum.json');

/**
 * The folders for the sockets of the tool bridge, best first: in the profile, in the runtime
 * folder.
 */
export const socketBases = (env: NodeJS.ProcessEnv): string[] => {
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  return [
    path.join(pluginDir(env), 'run'),
    ...(!path.isAbsolute(runtime) ? [] : [path.join(runtime, PLUGIN_NAME)]),
  ];
};

/** The file that counts unknown kinds. */
export const driftFile = (env: NodeJS.ProcessEnv): string =>
  path.join(pluginDir(env), 'drift.json');

/** The folder with the records of running processes. After a kill, the next plugin reads them. */
export const recordsFolder = (env: NodeJS.ProcessEnv): string => path.join(pluginDir(env), 'turns');
