// Builds the plugin when dist/ is missing or older than its sources, then runs the installer of
// dist/. See install.sh.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSteps, runStep, stepText } from './lib/build-steps.mjs';
import { refusalOf, weaknessOf } from './lib/checkout-trust.mjs';
import { pluginFolder, readArguments } from './lib/install-arguments.mjs';

const HELP = `Installs plexum-openai-provider into a Plexum profile: <profile>/plugins/plexum-openai-provider/

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

const root = fileURLToPath(new URL('..', import.meta.url));
const installer = path.join(root, 'dist/install.cjs');

/**
 * The installer of an installation that only this user, or root, can change. @param {string} folder
 * @returns {string | undefined}
 */
const installedInstaller = (folder) => {
  const versions = path.join(folder, 'versions');
  if (!existsSync(versions)) return undefined;
  const owners = [0, process.getuid?.() ?? 0];
  if (weaknessOf(folder, { builds: false, owners, names: ['versions'] }) !== undefined)
    return undefined;
  return readdirSync(versions)
    .map((name) => path.join(versions, name, 'install.cjs'))
    .find((file) => existsSync(file));
};

/** Prints the message and exits with code 1. @param {string} message @returns {never} */
const fail = (message) => {
  process.stderr.write(`install: ${message}\n`);
  process.exit(1);
};

const { profile, uninstall, 'dry-run': isDry } = readArguments(HELP);
// A reader that closes the pipe early does not stop the installation.
process.stdout.on('error', () => {});
// Whatever the shell's mask is: nobody but the owner may write what is built and installed.
process.umask(process.umask(0o022) | 0o022);

const folder = pluginFolder(profile, process.env);
// An older installer can uninstall too, and so can the installed one.
const uninstaller = existsSync(installer) ? installer : installedInstaller(folder);
const steps = uninstall && uninstaller !== undefined ? [] : buildSteps(root);
const [uid, sudoUid] = [process.getuid?.(), process.env['SUDO_UID']];
const refusal = refusalOf(root, { builds: steps.length > 0, uid, sudoUid });
if (refusal !== undefined) fail(refusal);

process.stdout.write(`plexum-openai-provider ${uninstall ? 'in' : '→'} ${folder}\n`);
for (const step of steps) {
  process.stdout.write(`  ${isDry ? 'would run' : 'running'}  ${stepText(step)}\n`);
  const problem = isDry ? '' : runStep(root, step);
  if (problem !== '') fail(problem);
}
const isOutdated = isDry && steps.length > 0;
if (isOutdated)
  process.stdout.write(
    existsSync(installer)
      ? '  would install what that builds; what is in dist now would do this:\n'
      : '  would install what that builds\n',
  );
if (!isOutdated || existsSync(installer)) {
  process.argv[1] = uninstall ? (uninstaller ?? installer) : installer;
  await import(pathToFileURL(process.argv[1]).href).catch((/** @type {unknown} */ error) => {
    if (!(error instanceof SyntaxError)) throw error;
    fail(`${process.argv[1]} is damaged: run npm run build`);
  });
}
