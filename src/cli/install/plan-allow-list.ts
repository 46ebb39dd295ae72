import { statSync } from 'node:fs';
import path from 'node:path';
import { PLUGIN_NAME } from '../../plexum/methods.js';
import { plexumFile, profileRoot } from '../../plexum/profile.js';
import { namesIn } from '../../process/files.js';
import { addToAllowList, hasAllowList, isAllowed, removeFromAllowList } from './allow-list.js';
import { MAX_SETTINGS_BYTES, readBytes, resolveLinks } from './disk.js';
import { InstallError } from './install-error.js';
import { copyStep, type InstallStep, writeStep } from './install-step.js';

/**
 * The steps that add the plugin to the allow list of plexum.json, or remove it. Reads the profile
 * and changes nothing. Throws `InstallError` when plexum.json is not of the expected form.
 */
export const planAllowList = (env: NodeJS.ProcessEnv, wanted: 'add' | 'remove'): InstallStep[] => {
  const file = resolveLinks(plexumFile(env));
  const bytes = readBytes(plexumFile(env), MAX_SETTINGS_BYTES);
  if (bytes === undefined) {
    const fresh = `${JSON.stringify({ plugins: { allow: [PLUGIN_NAME] } }, null, 2)}\n`;
    return wanted === 'add' ? [writeStep(file, fresh, 0o600)] : [];
  }
  const before = decode(file, bytes);
  const edit = wanted === 'add' ? addToAllowList : removeFromAllowList;
  const after = edit(file, before, PLUGIN_NAME);
  return after === before
    ? [{ does: 'leave', file, why: 'it is so already' }]
    : [copyStep(file, '.bak'), writeStep(file, after, statSync(file).mode & 0o777)];
};

/**
 * The other plugins of a profile without an allow list. A first list with one name may keep the
 * daemon from starting them.
 */
export const unlistedPlugins = (env: NodeJS.ProcessEnv): string[] => {
  const file = plexumFile(env);
  const bytes = readBytes(file, MAX_SETTINGS_BYTES);
  if (bytes !== undefined && hasAllowList(file, decode(file, bytes))) return [];
  return namesIn(path.join(profileRoot(env), 'plugins')).filter((name) => name !== PLUGIN_NAME);
};

/** Whether plexum.json allows the plugin. False for a file that cannot be read. */
export const isListed = (env: NodeJS.ProcessEnv): boolean => {
  try {
    const bytes = readBytes(plexumFile(env), MAX_SETTINGS_BYTES);
    return isAllowed(bytes?.toString('utf8') ?? '', PLUGIN_NAME);
  } catch {
    return false;
  }
};

const decode = (file: string, bytes: Buffer): string => {
  try {
    return new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InstallError(
      `${file} is not UTF-8; correct it and run this again. Nothing was changed`,
    );
  }
};
