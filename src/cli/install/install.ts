import { homedir } from 'node:os';
import path from 'node:path';
import * as t from 'io-ts';
import { EXECUTABLE, PLUGIN_NAME } from '../../plexum/methods.js';
import { configFile, plexumFile, pluginDir, profileRoot } from '../../plexum/profile.js';
import { isAllowed } from './allow-list.js';
import type { InstallOptions } from './arguments.js';
import { manifestOf, readBuilt } from './built-plugin.js';
import { readBytes } from './disk.js';
import { quoteForShell } from './launcher.js';
import { ownerOf } from './owner.js';
import { performSteps, printLine, refuseLinkToDist } from './perform-steps.js';
import { planAllowList, unlistedPlugins } from './plan-allow-list.js';
import { planInstall } from './plan-install.js';
import { findCodex, findNodes } from './programs.js';

/**
 * Installs the built plugin into the profile, or prints what it would do, and prints what to do
 * next. Throws `InstallError`.
 */
export const installPlugin = (options: InstallOptions): void => {
  const { root, env, allow, isDry } = options;
  const dir = pluginDir(env);
  refuseLinkToDist(dir, root);
  const searchPath = env['PATH'] ?? '';
  const configured = configuredBinary(env);
  const allowSteps = allow ? planAllowList(env, 'add') : [];
  const others = allow ? unlistedPlugins(env) : [];
  const codex = findCodex({
    given: options.codex,
    configured,
    searchPath,
    root,
    owner: ownerOf(dir),
  });

  printLine(`${PLUGIN_NAME} → ${dir}`);
  const { manifest, complaint } = manifestOf(root, env);
  const steps = planInstall({
    env,
    built: readBuilt(root),
    manifest,
    nodes: findNodes(searchPath, root),
    codex: codex.file,
  });
  const keepsConfig = steps.some(({ does, file }) => does === 'leave' && file === configFile(env));
  const warnings = [
    codex.warning ?? '',
    othersWarning(others),
    complaint,
    keepsConfig ? unusedCodexWarning(options.codex, configured) : '',
  ];
  performSteps(steps, { dir, isDry, owner: ownerOf(dir) });
  performSteps(allowSteps, { dir, isDry, owner: ownerOf(profileRoot(env)) });
  for (const warning of warnings.filter((text) => text !== '')) printLine(`\nwarning: ${warning}`);
  printLine(`\n${nextSteps(env, allow && !isDry).join('\n')}`);
};

/** `binary` of the profile's config.json, when the file has one. */
const configuredBinary = (env: NodeJS.ProcessEnv): string | undefined => {
  try {
    const config: unknown = JSON.parse(readBytes(configFile(env))?.toString('utf8') ?? '{}');
    return t.type({ binary: t.string }).is(config) ? config.binary : undefined;
  } catch {
    return undefined;
  }
};

const othersWarning = (others: readonly string[]): string =>
  others.length === 0
    ? ''
    : `plexum.json gets its first list of plugins: if the daemon shall start ${others.join(', ')}, too, add ${others.length > 1 ? 'them' : 'it'} to .plugins.allow`;

const unusedCodexWarning = (given: string | undefined, configured: string | undefined): string =>
  given === undefined || path.resolve(given) === configured
    ? ''
    : `config.json is there and stays as it is: set "binary" in it to ${JSON.stringify(path.resolve(given))} yourself`;

const nextSteps = (env: NodeJS.ProcessEnv, isListedNow: boolean): string[] => {
  const file = plexumFile(env);
  const profile = profileRoot(env);
  const isListed = isListedNow || isAllowed(readBytes(file)?.toString('utf8') ?? '', PLUGIN_NAME);
  const isDefault = profile === path.join(homedir(), '.plexum');
  const variable = isDefault ? '' : `PLEXUM_PROFILE_ROOT=${quoteForShell(profile)} `;
  return [
    'Next:',
    ...(isListed
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
