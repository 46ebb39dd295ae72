import path from 'node:path';
import { EXECUTABLE, PLUGIN_NAME } from '../../plexum/methods.js';
import { configFile, plexumFile, pluginDir, profileRoot } from '../../plexum/profile.js';
import { homeFolder } from '../../text/home-folder.js';
import type { InstallOptions } from './arguments.js';
import { proveStart, readBuilt } from './built-plugin.js';
import { quoteForShell } from './launcher.js';
import { refuseOpenFolders } from './open-folders.js';
import { ownerOf, runAs } from './owner.js';
import { performSteps, printLine, refuseLinkToDist } from './perform-steps.js';
import { isListed, planAllowList, unlistedPlugins } from './plan-allow-list.js';
import { planInstall } from './plan-install.js';
import { manifestText, readProfileConfig } from './profile-config.js';
import { findCodex, findNodes } from './programs.js';
import { runningCommands } from './versions-in-use.js';

/**
 * Installs the built plugin into the profile, or prints what it would do, and prints what to do
 * next. Every file of the profile is read and written as its owner. Throws `InstallError`.
 */
export const installPlugin = (options: InstallOptions): void => {
  const { root, env, allow, isDry } = options;
  const dir = pluginDir(env);
  refuseLinkToDist(dir, root);
  refuseOpenFolders(env);
  const owner = ownerOf(dir);
  const listOwner = ownerOf(plexumFile(env));
  const { binary, models, complaint } = runAs(owner, () => readProfileConfig(env));
  const allowSteps = allow ? runAs(listOwner, () => planAllowList(env, 'add')) : [];
  const others = allow ? runAs(listOwner, () => unlistedPlugins(env)) : [];
  const codex = findCodex({ given: options.codex, configured: binary, env, root, owner });

  proveStart(root, env);
  const built = readBuilt(root);
  const manifest = manifestText(built.packageVersion, models);
  const nodes = findNodes(env['PATH'] ?? '', root);
  const running = runningCommands();
  const steps = runAs(owner, () =>
    planInstall({ env, built, manifest, nodes, codex: codex.file, running }),
  );
  const keepsConfig = steps.some(({ does, file }) => does === 'leave' && file === configFile(env));
  const warnings = [
    codex.warning ?? '',
    othersWarning(others),
    complaint,
    keepsConfig ? unusedCodexWarning(options.codex, binary) : '',
  ];
  performSteps(steps, { dir, isDry, owner });
  performSteps(allowSteps, { dir, isDry, owner: listOwner });
  for (const warning of warnings.filter((text) => text !== '')) printLine(`\nwarning: ${warning}`);
  const isAllowedNow = allow || runAs(listOwner, () => isListed(env));
  printLine(`\n${nextSteps(env, isAllowedNow).join('\n')}`);
};

const othersWarning = (others: readonly string[]): string =>
  others.length === 0
    ? ''
    : `plexum.json gets its first list of plugins: if the daemon shall start ${others.join(', ')}, too, add ${others.length > 1 ? 'them' : 'it'} to .plugins.allow`;

const unusedCodexWarning = (given: string | undefined, configured: string | undefined): string =>
  given === undefined || path.resolve(given) === configured
    ? ''
    : `config.json is there and stays as it is: set "binary" in it to ${JSON.stringify(path.resolve(given))} yourself`;

const nextSteps = (env: NodeJS.ProcessEnv, isAllowedNow: boolean): string[] => {
  const file = plexumFile(env);
  const profile = profileRoot(env);
  const isDefault = profile === path.join(homeFolder(), '.plexum');
  const variable = isDefault ? '' : `PLEXUM_PROFILE_ROOT=${quoteForShell(profile)} `;
  return [
    'Next:',
    ...(isAllowedNow
      ? []
      : [
          `  - allow the plugin: run this with --allow, or add ${JSON.stringify(PLUGIN_NAME)} to .plugins.allow of ${file}`,
        ]),
    ...(isDefault ? [] : [`  - the daemon has to run with PLEXUM_PROFILE_ROOT=${profile}`]),
    '  - log in to codex as the user of the daemon, if that was not done: codex login',
    '  - restart the daemon; it then starts the new version',
    `  - look whether all is well, as that user: ${variable}${quoteForShell(path.join(pluginDir(env), EXECUTABLE))} doctor`,
    `  - settings: ${configFile(env)}`,
  ];
};
