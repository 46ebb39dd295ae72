import { isDeepStrictEqual } from 'node:util';
import { type Either, isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { parseLine } from '../../lines/parse-json.js';
import { type Config, configTexts, defaultConfig, type LoadedConfig } from '../../plexum/config.js';
import type { Manifest } from '../../plexum/manifest.js';
import { PLUGIN_NAME } from '../../plexum/methods.js';
import { redact } from '../../text/redact.js';
import { type Check, checkOf } from './check.js';

const lines = (config: Config): string[] => {
  const defaults = configTexts(defaultConfig);
  return [...configTexts(config)].map(
    ([key, text]) => `${key} = ${redact(text)}${text === defaults.get(key) ? ' (default)' : ''}`,
  );
};

/** Reports whether config.json can be read, and lists every setting with its value. */
export const checkConfig = (
  file: string,
  isThere: boolean,
  loaded: Either<string, LoadedConfig>,
): Check => {
  const { green, yellow, red } = checkOf('config');
  if (isLeft(loaded))
    return red(
      redact(loaded.left),
      `fix ${file}: no turn runs until then. The checks below use the defaults`,
    );
  const { config, warnings } = loaded.right;
  const values = [isThere ? file : `${file} does not exist, which is fine`, ...lines(config)];
  return warnings.length === 0
    ? green(values.join('\n'))
    : yellow(values.join('\n'), warnings.map(redact).join('\n'));
};

/**
 * A file that the daemon reads before it starts the plugin. `text` is `undefined` without a file.
 */
export interface DaemonFile {
  readonly file: string;
  readonly text: string | undefined;
}

const RESTART = 'then restart the daemon';

const Listing = t.type({ plugins: t.type({ allow: t.array(t.string) }) });

/** Reports whether plexum.json of the daemon allows the plugin. */
export const checkAllowed = ({ file, text }: DaemonFile): Check => {
  const { green, yellow } = checkOf('allow-list', 'allow list');
  const list = text === undefined ? undefined : parseLine(text);
  if (list?.type === 'malformed') return yellow(`${file} is not JSON`, `correct it, ${RESTART}`);
  if (Listing.is(list?.value) && list.value.plugins.allow.includes(PLUGIN_NAME))
    return green(`${file} allows the plugin`);
  return yellow(
    `the plugin is not in .plugins.allow of ${file}${list === undefined ? ', which does not exist' : ''}, so the daemon may not start it`,
    `run scripts/install.sh --allow, or add ${JSON.stringify(PLUGIN_NAME)} there; ${RESTART}`,
  );
};

/**
 * Reports whether manifest.json matches this version and config.json. The daemon knows the plugin
 * by this file.
 */
export const checkManifest = ({ file, text }: DaemonFile, expected: Manifest): Check => {
  const { green, yellow } = checkOf('manifest');
  const mend = `run scripts/install.sh again, ${RESTART}`;
  if (text === undefined)
    return yellow(`${file} does not exist, so the daemon does not know the plugin`, mend);
  const found = parseLine(text);
  if (found.type === 'json' && isDeepStrictEqual(found.value, expected))
    return green(
      `${file} is of version ${expected.version}, with the models ${expected.contracts.provider.models.join(', ')}`,
    );
  const is = found.type === 'json' ? JSON.stringify(found.value) : found.reason;
  return yellow(
    `${file} is not what config.json gives\nit is:     ${is}\nshould be: ${JSON.stringify(expected)}`,
    mend,
  );
};

const OLDEST_MAJOR = 20;

/** Reports whether Node is new enough. `version` looks like `20.20.2`. */
export const checkNode = (version: string): Check => {
  const { green, red } = checkOf('node', 'Node');
  return Number.parseInt(version, 10) >= OLDEST_MAJOR
    ? green(version)
    : red(`${version} is too old`, `put Node ${OLDEST_MAJOR} or newer first on the daemon's PATH`);
};

/** A folder that turns write to. `problem`: why it cannot be written. */
export interface Folder {
  readonly path: string;
  readonly problem?: string | undefined;
}

/** Reports whether the profile and the plugin's folder in it can be written. */
export const checkProfile = (folders: readonly Folder[]): Check => {
  const { green, red } = checkOf('profile');
  const broken = folders.filter(({ problem }) => problem !== undefined);
  const detail = folders
    .map(({ path, problem }) => `${path}: ${problem ?? 'can be written'}`)
    .join('\n');
  return broken.length === 0
    ? green(detail)
    : red(
        detail,
        'make the folder and give it to the user of the daemon, or set PLEXUM_PROFILE_ROOT to the right profile',
      );
};
