// What install.mjs was asked to do.
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { InstallError } from './install-error.mjs';
import { PLUGIN } from './plan.mjs';

export const HELP = `Installs ${PLUGIN} into a Plexum profile: <profile>/plugins/${PLUGIN}/

Usage: ./scripts/install.sh [options]

Options:
  --profile DIR    the profile; otherwise $PLEXUM_PROFILE_ROOT, otherwise ~/.plexum
  --codex PATH     the codex for a new config.json; otherwise the one on PATH
  --allow          also add the plugin to .plugins.allow of <profile>/plexum.json (with --uninstall: take it out); the file is kept as plexum.json.bak
  --dry-run        say what would be done, and change nothing
  --uninstall      take the plugin out; config.json and the threads of the workspaces stay
  -h, --help       print this

It can be run again at any time, and while the daemon runs: a plugin that runs goes on with its own version until the daemon starts it anew.
`;

const options = /** @type {const} */ ({
  profile: { type: 'string' },
  codex: { type: 'string' },
  allow: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  uninstall: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
});

/** @typedef {ReturnType<typeof readArgs>} Args */

export const readArgs = () => {
  try {
    const { values } = parseArgs({ options });
    for (const name of /** @type {const} */ (['profile', 'codex'])) {
      if (values[name] === '') throw new Error(`--${name} is empty`);
      if (values[name]?.startsWith('~'))
        throw new Error(`--${name}: "~" is not expanded here; give the whole path`);
    }
    if (values.uninstall && values.codex !== undefined)
      throw new Error('--codex has no meaning with --uninstall');
    return values;
  } catch (error) {
    throw new InstallError(`${error instanceof Error ? error.message : error}; see --help`);
  }
};

/** @param {string | undefined} given */
export const profileRoot = (given) =>
  path.resolve(given ?? (process.env['PLEXUM_PROFILE_ROOT'] || path.join(homedir(), '.plexum')));
