import { rmdirSync } from 'node:fs';
import path from 'node:path';
import { EXECUTABLE, PLUGIN_NAME } from '../../plexum/methods.js';
import { plexumFile, pluginDir, profileRoot } from '../../plexum/profile.js';
import { isAllowed } from './allow-list.js';
import type { InstallOptions } from './arguments.js';
import { SCHEMA } from './built-plugin.js';
import { listNames, nameExists, readBytes } from './disk.js';
import type { InstallStep } from './install-step.js';
import { VERSIONS, versionOf } from './launcher.js';
import { ownerOf, runAs } from './owner.js';
import { performSteps, printLine, refuseLinkToDist } from './perform-steps.js';
import { planAllowList } from './plan-allow-list.js';
import { versionsInUse } from './versions-in-use.js';

/**
 * Removes the plugin from the profile, or prints what it would do. config.json, the threads, and
 * versions that a process uses stay. Throws `InstallError`.
 */
export const uninstallPlugin = ({ root, env, allow, isDry }: InstallOptions): void => {
  const dir = pluginDir(env);
  refuseLinkToDist(dir, root);
  const allowSteps = allow ? planAllowList(env, 'remove') : [];
  const steps = planUninstall(dir);
  printLine(`${PLUGIN_NAME} in ${dir}`);
  performSteps(allowSteps, { dir, isDry, owner: ownerOf(profileRoot(env)) });
  performSteps(steps, { dir, isDry, owner: ownerOf(dir) });
  if ([...allowSteps, ...steps].every(({ does }) => does === 'leave'))
    printLine('  there is nothing to remove');
  if (isDry) return;
  const remaining = runAs(ownerOf(dir), () => removeWhenEmpty(dir));
  if (remaining.length > 0) printLine(`\nWhat stays in the folder: ${remaining.join(', ')}`);
  printLine(
    `${remaining.length > 0 ? '' : '\n'}The threads (.plexum-codex-session in the workspaces, codex's own files) stay. Restart the daemon.`,
  );
  if (!allow && isAllowed(readBytes(plexumFile(env))?.toString('utf8') ?? '', PLUGIN_NAME))
    printLine(
      `${plexumFile(env)} still allows the plugin: run this with --allow to take it out there, too.`,
    );
};

const planUninstall = (dir: string): InstallStep[] => {
  const at = (...names: string[]): string => path.join(dir, ...names);
  const text = readBytes(at(EXECUTABLE))?.toString('utf8');
  const isForeign = text !== undefined && versionOf(text) === undefined;
  const versions = listNames(at(VERSIONS));
  const used = versionsInUse(versions);
  const isInstalled = text !== undefined || versions.length > 0;
  const installed = [
    ...(isInstalled && !isForeign ? [EXECUTABLE, 'manifest.json'] : []),
    ...(isInstalled ? [SCHEMA] : []),
    ...versions
      .filter((version) => !used.includes(version))
      .map((version) => path.join(VERSIONS, version)),
    ...(versions.length > 0 && used.length === 0 ? [VERSIONS] : []),
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
  const names = listNames(dir);
  try {
    if (names.length === 0) rmdirSync(dir);
  } catch {
    // It does not exist, or another process has just written into it.
  }
  return names;
};
