// Installs the plugin into a Plexum profile, takes it out again, or says what it would do. See
// install.sh.
import { readdirSync, rmdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAllowed } from './install/allow-list.mjs';
import { HELP, profileRoot, readArgs } from './install/args.mjs';
import { EXECUTABLE, manifestOf, missingSteps, readBuilt, runStep } from './install/built.mjs';
import { perform } from './install/files.mjs';
import { InstallError } from './install/install-error.mjs';
import { quoted } from './install/launcher.mjs';
import { bytesOf, realOf } from './install/look.mjs';
import { acting, ownerOf } from './install/owner.mjs';
import {
  allowSteps,
  installSteps,
  othersLeftOut,
  PLUGIN,
  plexumFile,
  pluginDir,
  uninstallSteps,
} from './install/plan.mjs';
import { findCodex, findNodes } from './install/programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @param {string} text */
const say = (text) => process.stdout.write(`${text}\n`);
// Whoever reads it may have seen enough: the installation goes on.
process.stdout.on('error', () => {});

const VERBS = {
  write: ['wrote', 'would write'],
  copy: ['kept a copy', 'would keep a copy'],
  remove: ['removed', 'would remove'],
  leave: ['left', 'would leave'],
};

/**
 * Does the steps one by one, or not, and says so.
 * @param {import('./install/files.mjs').Step[]} steps @param {string} dir @param {boolean} isDry
 * @param {import('./install/owner.mjs').Owner} [owner]
 */
const work = (steps, dir, isDry, owner = ownerOf(dir)) => {
  for (const step of steps) {
    if (!isDry) perform(step, owner);
    const shown = path.relative(dir, step.file).startsWith('..')
      ? step.file
      : path.relative(dir, step.file);
    const more =
      step.does === 'leave'
        ? `  (${step.why})`
        : step.does === 'copy'
          ? `  as ${path.basename(step.as)}`
          : '';
    say(`  ${(VERBS[step.does][isDry ? 1 : 0] ?? '').padEnd(isDry ? 17 : 11)}  ${shown}${more}`);
  }
};

/**
 * "binary" of a config.json that is there and right.
 * @param {string} profile @returns {string | undefined}
 */
const configuredBinary = (profile) => {
  try {
    const { binary } = JSON.parse(
      bytesOf(path.join(pluginDir(profile), 'config.json'))?.toString('utf8') ?? '{}',
    );
    return typeof binary === 'string' ? binary : undefined;
  } catch {
    return undefined;
  }
};

/** @param {string} dir */
const checkPlace = (dir) => {
  const place = realOf(dir);
  if (place === realOf(path.join(root, 'dist')))
    throw new InstallError(`${dir} is a link to ${place}: remove the link and run this again`);
};
/** @param {string} profile @param {import('./install/args.mjs').Args} args */
const install = (profile, { codex: given, allow, 'dry-run': isDry }) => {
  const dir = pluginDir(profile);
  checkPlace(dir);
  const searched = process.env['PATH'] ?? '';
  const configured = configuredBinary(profile);
  const allowing = allow ? allowSteps(profile, true) : [];
  const others = allow ? othersLeftOut(profile) : [];
  const codex = findCodex({ given, configured, searched, root, owner: ownerOf(dir) });
  /** @type {string[]} */ const warnings = codex.warning === undefined ? [] : [codex.warning];
  if (others.length > 0)
    warnings.push(
      `plexum.json gets its first list of plugins: if the daemon shall start ${others.join(', ')}, too, add ${others.length > 1 ? 'them' : 'it'} to .plugins.allow`,
    );

  say(`${PLUGIN} → ${dir}`);
  const missing = missingSteps(root);
  for (const step of missing) {
    say(
      `  ${isDry ? 'would run' : 'running'}  ${[path.basename(step.command), ...step.args].join(' ')}`,
    );
    if (!isDry) runStep(root, step);
  }
  if (isDry && missing.length > 0) {
    say(`  would install what that builds`);
  } else {
    const { manifest, complaint } = manifestOf(root, profile);
    if (complaint !== '') warnings.push(complaint);
    const steps = installSteps({
      profile,
      built: readBuilt(root),
      manifest,
      nodes: findNodes(searched, root),
      codex: codex.file,
    });
    if (
      given !== undefined &&
      path.resolve(given) !== configured &&
      steps.some(({ does, file }) => does === 'leave' && file.endsWith('config.json'))
    )
      warnings.push(
        `config.json is there and stays as it is: set "binary" in it to ${JSON.stringify(path.resolve(given))} yourself`,
      );
    work(steps, dir, isDry);
  }
  work(allowing, dir, isDry, ownerOf(profile));
  for (const warning of warnings) say(`\nwarning: ${warning}`);
  say(`\n${nextSteps(profile, allow && !isDry).join('\n')}`);
};

/** @param {string} profile @param {boolean} isDone */
const nextSteps = (profile, isDone) => {
  const file = plexumFile(profile);
  const isListed = isDone || isAllowed(bytesOf(file)?.toString('utf8') ?? '', PLUGIN);
  const isDefault = profile === path.join(homedir(), '.plexum');
  return [
    'Next:',
    ...(isListed
      ? []
      : [
          `  - allow the plugin: run this with --allow, or add ${JSON.stringify(PLUGIN)} to .plugins.allow of ${file}`,
        ]),
    ...(isDefault ? [] : [`  - the daemon has to run with PLEXUM_PROFILE_ROOT=${profile}`]),
    '  - log in to codex as the user of the daemon, if that was not done: codex login',
    '  - restart the daemon; it then starts the new version',
    `  - look whether all is well, as that user: ${isDefault ? '' : `PLEXUM_PROFILE_ROOT=${quoted(profile)} `}${quoted(path.join(pluginDir(profile), EXECUTABLE))} doctor`,
    `  - settings: ${path.join(pluginDir(profile), 'config.json')}`,
  ];
};

/** @param {string} profile @param {import('./install/args.mjs').Args} args */
const uninstall = (profile, { allow, 'dry-run': isDry }) => {
  const dir = pluginDir(profile);
  checkPlace(dir);
  const disallowing = allow ? allowSteps(profile, false) : [];
  const steps = uninstallSteps(profile);
  say(`${PLUGIN} in ${dir}`);
  work(disallowing, dir, isDry, ownerOf(profile));
  work(steps, dir, isDry);
  if ([...disallowing, ...steps].every(({ does }) => does === 'leave'))
    say('  there is nothing to remove');
  if (isDry) return;
  const left = acting(ownerOf(dir), () => remaining(dir));
  if (left.length > 0) say(`\nWhat stays in the folder: ${left.join(', ')}`);
  say(
    `${left.length > 0 ? '' : '\n'}The threads (.plexum-codex-session in the workspaces, codex's own files) stay. Restart the daemon.`,
  );
  if (!allow && isAllowed(bytesOf(plexumFile(profile))?.toString('utf8') ?? '', PLUGIN))
    say(
      `${plexumFile(profile)} still allows the plugin: run this with --allow to take it out there, too.`,
    );
};

/**
 * What is left in the folder of the plugin, which goes when that is nothing.
 * @param {string} dir @returns {string[]}
 */
const remaining = (dir) => {
  try {
    const names = readdirSync(dir);
    if (names.length === 0) rmdirSync(dir);
    return names;
  } catch {
    return [];
  }
};

try {
  const args = readArgs();
  if (args.help) process.stdout.write(HELP);
  else (args.uninstall ? uninstall : install)(profileRoot(args.profile), args);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  process.stderr.write(`install: ${error.message}\n`);
  process.exitCode = 1;
}
