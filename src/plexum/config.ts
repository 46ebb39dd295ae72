import { lstatSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { chain, type Either, getOrElse, isLeft, left, map, right } from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as t from 'io-ts';
import { codeOf, explain, reasonOf } from '../text/explain.js';
import {
  fileProblem,
  givenProblem,
  ignoredKeys,
  ignoredSettings,
  refusedSetting,
} from './config-problems.js';
import type { ConfigRow } from './config-setting.js';
import { schemaSetting, settings } from './config-table.js';
import type { Deadlines } from './deadline-settings.js';

/** The rows of the table, each with its name in `Config`. */
export const configRows: readonly (ConfigRow & { readonly name: string })[] = Object.entries(
  settings,
).map(([name, { row }]) => ({ ...row, name }));

const Settings = t.type(settings);
type Settings = t.TypeOf<typeof Settings>;
/** The settings whose absence is no value. */
type Unset = { [K in keyof Settings]: undefined extends Settings[K] ? K : never }[keyof Settings];

/** The configuration, with its defaults. The table documents each setting. */
export interface Config
  extends Readonly<Omit<Settings, keyof Deadlines | Unset>>,
    Readonly<Partial<Pick<Settings, Unset>>> {
  readonly deadlines: Deadlines;
}

/** What an operator may write into `config.json`, by key. Every key is optional. */
const ConfigFile = t.type(
  Object.fromEntries(
    [schemaSetting, ...Object.values(settings)].map((codec) => [codec.row.key, codec]),
  ),
);

/** The config of a decoded file. */
const configOf = (values: Readonly<Record<string, unknown>>): t.Validation<Config> =>
  pipe(
    Settings.decode(Object.fromEntries(configRows.map(({ key, name }) => [name, values[key]]))),
    map(groupDeadlines),
  );

const groupDeadlines = ({
  firstEvent,
  idle,
  command,
  reconnect,
  turn,
  ...config
}: Settings): Config => ({ ...config, deadlines: { firstEvent, idle, command, reconnect, turn } });

/** The config of an empty file. */
export const defaultConfig: Config = getOrElse<t.Errors, Config>((errors) => {
  throw new Error(explain(errors));
})(configOf({}));

/**
 * The values of a config by the keys of `config.json`, as JSON; of an unset one, in words, what its
 * absence means.
 */
export const configTexts = (config: Config): ReadonlyMap<string, string> => {
  const values: Readonly<Record<string, unknown>> = { ...config, ...config.deadlines };
  return new Map(
    configRows.map(({ key, name, unset = '' }) => [
      key,
      values[name] === undefined ? unset : JSON.stringify(values[name]),
    ]),
  );
};

export interface LoadedConfig {
  readonly config: Config;
  /** A sentence for each setting that has no effect. */
  readonly warnings: readonly string[];
}

/**
 * Reads a config file. An absent file is the default config. Left: one sentence with the file and
 * the reason.
 */
export const loadConfig = (file: string): Either<string, LoadedConfig> => {
  let text: string;
  try {
    const problem = fileProblem(statSync(file));
    if (problem !== undefined) return left(`${file} ${problem}`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // A link to nothing is not absent: the settings behind it may choose a sandbox.
    if (codeOf(error) === 'ENOENT' && lstatSync(file, { throwIfNoEntry: false }) === undefined)
      return right({ config: defaultConfig, warnings: [] });
    return left(`${file} cannot be read: ${String(error)}`);
  }
  return parseConfig(file, text);
};

/**
 * The config with the settings that a program gives, by the rules of `config.json`; one that is
 * `undefined` is not given. Left: why no turn can run with it.
 */
export const overrideConfig = (config: Config, given?: Partial<Config>): Either<string, Config> => {
  const wrong =
    givenProblem(given, defaultConfig) ??
    givenProblem(given?.deadlines, defaultConfig.deadlines, 'deadlines: ');
  if (wrong !== undefined) return left(wrong);
  const all = { ...config, ...config.deadlines, ...givenIn(given), ...givenIn(given?.deadlines) };
  const read = pipe(Settings.decode(all), map(groupDeadlines));
  if (isLeft(read)) return left(explain(read.left));
  const refused = refusedSetting(read.right);
  return refused === undefined ? read : left(refused);
};

const givenIn = (some: object | null = {}): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(some ?? {}).filter(([, value]) => value !== undefined));

/** Parses the text of a config file; see `loadConfig`. */
export const parseConfig = (file: string, text: string): Either<string, LoadedConfig> => {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return left(`${file} is not JSON: ${reasonOf(error)}`);
  }
  if (!t.UnknownRecord.is(value) || Array.isArray(value))
    return left(
      `${file}: expected an object, got ${Array.isArray(value) ? 'an array' : JSON.stringify(value)}`,
    );
  const read = pipe(ConfigFile.decode(value), chain(configOf));
  if (isLeft(read)) return left(`${file}: ${explain(read.left)}`);
  const config = read.right;
  const refused = refusedSetting(config);
  if (refused !== undefined) return left(`${file}: ${refused}`);
  return right({
    config: {
      ...config,
      ...(config.recordDir === undefined
        ? {}
        : { recordDir: path.resolve(path.dirname(file), config.recordDir) }),
    },
    warnings: [
      ...ignoredKeys(value, Object.keys(ConfigFile.props)),
      ...ignoredSettings(config),
    ].map((warning) => `${file}: ${warning}`),
  });
};
