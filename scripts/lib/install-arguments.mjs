// The arguments of install.sh, which are checked before anything is built.
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const flag = /** @type {const} */ ({ type: 'boolean', default: false });
const text = /** @type {const} */ ({ type: 'string' });

/** Throws an error that names the wrong argument. @param {readonly string[]} args */
export const readArguments = (args) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      profile: text,
      codex: text,
      allow: flag,
      'dry-run': flag,
      uninstall: flag,
      help: { ...flag, short: 'h' },
    },
  });
  for (const name of /** @type {const} */ (['profile', 'codex'])) {
    if (values[name] === '') throw new Error(`--${name} is empty`);
    if (values[name]?.startsWith('~') === true)
      throw new Error(`--${name}: "~" is not expanded here; give the whole path`);
  }
  if (values.uninstall && values.codex !== undefined)
    throw new Error('--codex has no meaning with --uninstall');
  return values;
};

/** The folder of the plugin. @param {string | undefined} profile @param {NodeJS.ProcessEnv} env */
export const pluginFolder = (profile, env) =>
  path.resolve(
    profile ?? (env['PLEXUM_PROFILE_ROOT'] || path.join(homedir(), '.plexum')),
    'plugins/plexum-openai-provider',
  );
