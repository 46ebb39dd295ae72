// The arguments of install.sh, which are checked before anything is built.
import { userInfo } from 'node:os';
import path from 'node:path';
import { misused, readCommandLine } from './command-line.mjs';

const flag = /** @type {const} */ ({ type: 'boolean', default: false });
const text = /** @type {const} */ ({ type: 'string' });

/** Exits for the help, and for a wrong argument, which it names. @param {string} usage */
export const readArguments = (usage) => {
  const { values } = readCommandLine(usage, {
    options: { profile: text, codex: text, allow: flag, 'dry-run': flag, uninstall: flag },
  });
  for (const name of /** @type {const} */ (['profile', 'codex'])) {
    if (values[name] === '') misused(`--${name} is empty`);
    if (values[name]?.startsWith('~') === true)
      misused(`--${name}: "~" is not expanded here; give the whole path`);
  }
  if (values.uninstall && values.codex !== undefined)
    misused('--codex has no meaning with --uninstall');
  return values;
};

/** The folder of the plugin. @param {string | undefined} profile @param {NodeJS.ProcessEnv} env */
export const pluginFolder = (profile, env) =>
  path.resolve(
    profile ??
      (env['PLEXUM_PROFILE_ROOT'] || path.join(env['HOME'] || userInfo().homedir, '.plexum')),
    'plugins/plexum-openai-provider',
  );
