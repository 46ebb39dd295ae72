import { rmdirSync } from 'node:fs';
import path from 'node:path';
import { EXECUTABLE } from '../../plexum/methods.js';
import { driftFile, plexumFile, pluginDir } from '../../plexum/profile.js';
import { namesIn } from '../../process/files.js';
import type { InstallOptions } from './arguments.js';
import { SCHEMA } from './built-plugin.js';
import { nameExists, readBytes } from './disk.js';
import type { InstallStep } from './install-step.js';
import { VERSIONS, versionOf } from './launcher.js';
import { refuseOpenFolders } from './open-folders.js';
import { ownerOf, runAs } from './owner.js';
import { performSteps, printLine, refuseLinkToDist } from './perform-steps.js';
import { isListed, planAllowList } from './plan-allow-list.js';
import { runningCommands, versionsInUse } from './versions-in-use.js';

/**
 * Removes the plugin from the profile, or prints what it would do. config.json, the threads, and
 * versions that a process uses stay. Throws `InstallError`.
 */
export const uninstallPlugin = ({ root, env, allow, isDry }: InstallOptions): void => {
  const dir = pluginDir(env);
  refuseLinkToDist(dir, root);
  refuseOpenFolders(env);
  const owner = ownerOf(dir);
  const listOwner = ownerOf(plexumFile(env));
  const allowSteps = allow ? runAs(listOwner, () => planAllowList(env, 'remove')) : [];
  const running = runningCommands();
  const steps = runAs(owner, () => planUninstall(env, running));
  performSteps(allowSteps, { dir, isDry, owner: listOwner });
  performSteps(steps, { dir, isDry, owner });
  if ([...allowSteps, ...steps].every(({ does }) => does === 'leave'))
    printLine('  there is nothing to remove');
  if (isDry) return;
  const remaining = runAs(owner, () => removeWhenEmpty(dir));
  if (remaining.length > 0) printLine(`\nWhat stays in the folder: ${remaining.join(', ')}`);
  printLine(
    `${remaining.length > 0 ? '' : '\n'}The threads (.plexum-codex-session in the workspaces, codex's own files, and the plugin's notes about them in .plexum of CODEX_HOME) stay. Restart the daemon.`,
  );
  if (!allow && runAs(listOwner, () => isListed(env)))
    printLine(
      `${plexumFile(env)} still allows the plugin: run this with --allow to take it out there, too.`,
    );
};

const planUninstall = (
  env: NodeJS.ProcessEnv,
  running: readonly string[] | undefined,
): InstallStep[] => {
  const dir = pluginDir(env);
  const at = (...names: string[]): string => path.join(dir, ...names);
  const text = readBytes(at(EXECUTABLE))?.toString('utf8');
  const isForeign = text !== undefined && versionOf(text) === undefined;
  const versions = namesIn(at(VERSIONS));
  const used = versionsInUse(versions, running);
  const isInstalled = text !== undefined || versions.length > 0;
  const installed = [
    ...(isInstalled && !isForeign ? [EXECUTABLE, 'manifest.json'] : []),
    ...(isInstalled ? [SCHEMA] : []),
    ...versions
      .filter((version) => !used.includes(version))
      .map((version) => path.join(VERSIONS, version)),
    ...(versions.length > 0 && used.length === 0 ? [VERSIONS] : []),
    ...(isInstalled && !isForeign && used.length === 0 ? [path.basename(driftFile(env))] : []),
  ];
  return [
    ...installed
      .map((name) => at(name))
      .filter(nameExists)
      .map((file): InstallStep => ({ does: 'remove', file })),
    ...used.map(
      (version): InstallStep => ({
        does: 'leave',
        file: at(VERSIONS, version),
        why: 'a process uses it; run this again when it has ended',
      }),
    ),
    ...(isForeign ? [foreignLauncher(at(EXECUTABLE))] : []),
  ];
};

const foreignLauncher = (file: string): InstallStep => ({
  does: 'leave',
  file,
  why: 'it was not installed by this script',
});

/** Removes the folder when it is empty. Returns the names that it still holds. */
const removeWhenEmpty = (dir: string): string[] => {
  const names = namesIn(dir);
  try {
    if (names.length === 0) rmdirSync(dir);
  } catch {
    // It does not exist, or another process has just written into it.
  }
  return names;
};
