import path from 'node:path';
import * as t from 'io-ts';
import { parse } from 'smol-toml';
import { readOrEmpty } from '../process/files.js';

/** The parts of codex's config.toml that the plugin has to respect. */
const Settings = t.partial({
  projects: t.record(t.string, t.unknown),
  project_root_markers: t.unknown,
  mcp_servers: t.record(t.string, t.unknown),
  features: t.unknown,
  personality: t.unknown,
  developer_instructions: t.unknown,
  model_provider: t.unknown,
  cli_auth_credentials_store: t.unknown,
  model_reasoning_summary: t.unknown,
  service_tier: t.unknown,
});
export type CodexSettings = t.TypeOf<typeof Settings>;

/** A number that JavaScript has not exactly is one for codex. */
const parseToml = (toml: string) => parse(toml, { integersAsBigInt: 'asNeeded' });

/**
 * Reads TOML as codex does, whatever the notation: tables, dotted keys, inline tables. `undefined`
 * for a text that is no TOML or of another shape; codex refuses to start with it.
 */
export const parseSettings = (toml: string): CodexSettings | undefined => {
  try {
    const value = parseToml(toml);
    return Settings.is(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Settings that codex reads again when it loads a thread (measured; README.md of the app-server),
 * and settings that codex writes by itself, which must not look like an operator's change.
 */
const READ_AGAIN = new Set([
  'model',
  'model_provider',
  'model_providers',
  'model_reasoning_effort',
  'service_tier',
  'developer_instructions',
  'approval_policy',
  'sandbox_mode',
  'mcp_servers',
  'projects',
  'personality',
  'hooks',
  'notice',
  'tui',
  'marketplaces',
]);

/**
 * The settings of a config.toml that an app-server may read only when it starts, as values of JSON.
 * `undefined` for a text that is no TOML, for instance a half-written one.
 */
export const startSettings = (toml: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const settings = Object.entries(parseToml(toml)).filter(([key]) => !READ_AGAIN.has(key));
    return Object.fromEntries(settings.map(([key, value]) => [key, jsonValue(value)]));
  } catch {
    return undefined;
  }
};

/** The value without a `bigint`, which has no JSON; its digits stand for it. */
const jsonValue = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner)),
  );

/** The operator's settings as they are now; empty without a config.toml. */
export const readSettings = (home: string): CodexSettings | undefined =>
  parseSettings(readOrEmpty(path.join(home, 'config.toml')));

/** A string of TOML: one of JSON, but that it must not hold DEL. */
export const tomlString = (text: string): string =>
  JSON.stringify(text).replaceAll('\x7F', '\\u007F');

/** The value of a `-c`, as codex reads it: TOML, or else the text itself. */
export const tomlValue = (text: string): unknown => {
  try {
    const [[, value] = [], ...more] = Object.entries(parse(`value = ${text}`));
    return more.length > 0 || value instanceof Date ? text : value;
  } catch {
    return text;
  }
};

/** Whether codex may keep its login in a keyring, where no file shows another login. */
export const mayHideLogin = (home: string): boolean => {
  const store = readSettings(home)?.cli_auth_credentials_store;
  return store !== undefined && store !== 'file';
};
