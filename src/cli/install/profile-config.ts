import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { defaultConfig, parseConfig } from '../../plexum/config.js';
import { manifest } from '../../plexum/manifest.js';
import { configFile } from '../../plexum/profile.js';
import { reasonOf } from '../../text/explain.js';
import { MAX_SETTINGS_BYTES, readBytes } from './disk.js';

export interface ProfileConfig {
  /** `binary`, also when another key is wrong. */
  readonly binary: string | undefined;
  readonly models: readonly string[];
  /** What is wrong with the file; empty when nothing is. */
  readonly complaint: string;
}

/** Reads what the installer needs of the profile's config.json. */
export const readProfileConfig = (env: NodeJS.ProcessEnv): ProfileConfig => {
  const file = configFile(env);
  const failed = (binary: string | undefined, problem: string): ProfileConfig => ({
    binary,
    models: defaultConfig.supportedModels,
    complaint: `${problem}; the manifest shows the default models`,
  });
  let text: string;
  try {
    text = readBytes(file, MAX_SETTINGS_BYTES)?.toString('utf8') ?? '{}';
  } catch (error) {
    return failed(undefined, reasonOf(error));
  }
  const binary = binaryOf(text);
  const loaded = parseConfig(file, text);
  return isLeft(loaded)
    ? failed(binary, loaded.left)
    : { binary, models: loaded.right.config.supportedModels, complaint: '' };
};

/** `manifest.json` of a plugin. */
export const manifestText = (version: string, models: readonly string[]): string =>
  `${JSON.stringify(manifest(version, models), null, 2)}\n`;

const binaryOf = (text: string): string | undefined => {
  try {
    const config: unknown = JSON.parse(text);
    return t.type({ binary: t.string }).is(config) ? config.binary : undefined;
  } catch {
    return undefined;
  }
};
