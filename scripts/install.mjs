// Builds the plugin when dist/ is missing or older than its sources, then runs the installer of
// dist/. See install.sh.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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

/** @typedef {{ readonly command: string, readonly args: readonly string[] }} BuildStep */

const root = fileURLToPath(new URL('..', import.meta.url));
const installer = path.join(root, 'dist/install.cjs');
const at = (/** @type {string} */ name) => path.join(root, name);

/** Milliseconds; 0 for a file that does not exist. @param {string} file */
const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The names in a folder, without documents. @param {string} dir */
const codeIn = (dir) => readdirSync(dir).filter((name) => !name.endsWith('.md'));

/**
 * The newest time of a file, or of the files in a folder. @param {string} source @returns {number}
 */
const newestTime = (source) =>
  existsSync(source) && statSync(source).isDirectory()
    ? Math.max(0, ...codeIn(source).map((name) => newestTime(path.join(source, name))))
    : timeOf(source);

/** The commands that bring dist/ up to date; none when it is. @returns {BuildStep[]} */
const buildSteps = () => {
  const sources = ['src', 'package.json', 'scripts/build.mjs', 'scripts/lib/shaken.mjs'].map(at);
  // The build writes this file last.
  const builtAt = existsSync(installer) ? timeOf(at('dist/config.schema.json')) : 0;
  if (sources.every((source) => newestTime(source) <= builtAt)) return [];
  // Not through a link: npm ci would empty the folder of another checkout.
  const isLink = lstatSync(at('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink();
  const hasDependencies =
    existsSync(at('node_modules/esbuild')) &&
    (isLink === true ||
      timeOf(at('package-lock.json')) <= timeOf(at('node_modules/.package-lock.json')));
  const install = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  return [
    ...(hasDependencies ? [] : [{ command: 'npm', args: install }]),
    { command: process.execPath, args: [at('scripts/build.mjs')] },
  ];
};

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

/** @param {BuildStep} step */
const commandLine = ({ command, args }) => [path.basename(command), ...args].join(' ');

/**
 * Runs a command with its output on stderr. Exits with code 1 when it fails. @param {BuildStep}
 * step
 */
const runStep = (step) => {
  const { status, error } = spawnSync(step.command, step.args, {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (status === 0) return;
  const cause = error === undefined ? '' : ` (${error.message})`;
  fail(`${commandLine(step)} failed${cause}: see above`);
};

/** Prints the message and exits with code 1. @param {string} message @returns {never} */
const fail = (message) => {
  process.stderr.write(`install: ${message}\n`);
  process.exit(1);
};

const given = () => {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}; see --help`);
  }
};

const { profile, help, uninstall, 'dry-run': isDry } = given();
if (help) {
  process.stdout.write(HELP);
  process.exit();
}
// A reader that closes the pipe early does not stop the installation.
process.stdout.on('error', () => {});
// Whatever the shell's mask is: nobody but the owner may write what is built and installed.
process.umask(process.umask(0o022) | 0o022);

const folder = pluginFolder(profile, process.env);
// An older installer can uninstall too, and so can the installed one.
const uninstaller = existsSync(installer) ? installer : installedInstaller(folder);
const steps = uninstall && uninstaller !== undefined ? [] : buildSteps();
const [uid, sudoUid] = [process.getuid?.(), process.env['SUDO_UID']];
const refusal = refusalOf(root, { builds: steps.length > 0, uid, sudoUid });
if (refusal !== undefined) fail(refusal);

process.stdout.write(`plexum-openai-provider ${uninstall ? 'in' : '→'} ${folder}\n`);
for (const step of steps) {
  process.stdout.write(`  ${isDry ? 'would run' : 'running'}  ${commandLine(step)}\n`);
  if (!isDry) runStep(step);
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
  await import(pathToFileURL(process.argv[1]).href);
}
