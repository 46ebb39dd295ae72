import { homedir } from 'node:os';
import path from 'node:path';
import { PLUGIN_NAME } from './methods.js';

/** `$PLEXUM_PROFILE_ROOT`, else `~/.plexum`. */
export const profileRoot = (env: NodeJS.ProcessEnv): string => {
  const root = env['PLEXUM_PROFILE_ROOT'] ?? '';
  return root === '' ? path.join(homedir(), '.plexum') : path.resolve(root);
};

/** The folder of this plugin in the profile: executable, `manifest.json`, `config.json`. */
export const pluginDir = (env: NodeJS.ProcessEnv): string => path.join(profileRoot(env), 'plugins', PLUGIN_NAME);

export const configFile = (env: NodeJS.ProcessEnv): string => path.join(pluginDir(env), 'config.json');
