import { homedir } from 'node:os';
import path from 'node:path';
import { PLUGIN_NAME } from './methods.js';

/** `$PLEXUM_PROFILE_ROOT`, else `~/.plexum`. */
export const profileRoot = (env: NodeJS.ProcessEnv): string => {
  const root = env['PLEXUM_PROFILE_ROOT'] ?? '';
  return root === '' ? path.join(homedir(), '.plexum') : path.resolve(root);
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

/** The daemon's own settings. */
export const plexumFile = (env: NodeJS.ProcessEnv): string =>
  path.join(profileRoot(env), 'plexum.json');

/**
 * Where the sockets of the tool bridge may lie, the best first: below the profile, else in the
 * user's runtime folder.
 */
export const socketBases = (env: NodeJS.ProcessEnv): string[] => {
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  return [
    path.join(pluginDir(env), 'run'),
    ...(!path.isAbsolute(runtime) ? [] : [path.join(runtime, PLUGIN_NAME)]),
  ];
};

/** Where the kinds are counted that codex says and this plugin does not know. */
export const driftFile = (env: NodeJS.ProcessEnv): string =>
  path.join(pluginDir(env), 'drift.json');

/** Where the records of running turns lie, for the plugin that comes after one that was killed. */
export const recordsFolder = (env: NodeJS.ProcessEnv): string => path.join(pluginDir(env), 'turns');
