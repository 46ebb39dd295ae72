import { statSync } from 'node:fs';
import path from 'node:path';
import { MAX_WRITTEN_BYTES, readRegularFile, realPath } from '../../process/files.js';
import { startSettings } from '../config-toml.js';
import { codexHome, type Environment } from '../environment.js';
import { resolveBinary } from '../exec/resolve-binary.js';
import { stateOf, systemFiles } from './file-state.js';
import { digestOf, loginIdentity } from './login-identity.js';

/**
 * What an app-server reads only when it starts, by name: an identity that changes with the content,
 * empty while it is unknown (README.md beside this file). What it reads again for a thread is in
 * `filesOf`.
 */
export type ServerInputs = ReadonlyMap<string, string>;

/** The names whose identities differ. An identity that is unknown counts as unchanged. */
export const changedInputs = (before: ServerInputs, after: ServerInputs): string[] =>
  [...before].flatMap(([name, identity]) =>
    identity === '' || [identity, ''].includes(after.get(name) ?? '') ? [] : [name],
  );

export interface InputsOptions {
  /** The setting `binary`. */
  readonly binary: string;
  readonly environment: Environment;
  /** The folder of the machine's own files for codex. */
  readonly systemFolder?: string;
}

/** The identity of a text, empty without a file; `undefined` for a text that is not whole. */
type Identify = (text: string | undefined) => string | undefined;

/**
 * Returns a function that reads the inputs as they are now. It costs a few calls of `stat`: a file
 * is read only when its inode, size or time has changed. An input that cannot be read, or is being
 * written, keeps its last identity.
 */
export const createServerInputs = ({
  binary,
  environment,
  systemFolder,
}: InputsOptions): (() => ServerInputs) => {
  const home = codexHome(environment);
  const known = new Map<string, { readonly state: string; readonly identity: string }>();
  const remember = (name: string, state: string, identify: () => string | undefined): string => {
    const last = known.get(name);
    if (last?.state === state) return last.identity;
    const identity = identify();
    if (identity === undefined) return last?.identity ?? '';
    known.set(name, { state, identity });
    return identity;
  };
  const fileInput = (name: string, file: string, identify: Identify): [string, string] => {
    const state = stateOf(() => file);
    const text = (): string | undefined => (state === undefined ? undefined : textOf(file));
    return [name, remember(name, `${file} ${state}`, () => attempt(() => identify(text())))];
  };
  const otherInput = (name: string, read: () => string): [string, string] => {
    const identity = attempt(read);
    return [name, remember(name, identity ?? '', () => identity)];
  };
  let catalog = '';
  const settingsOf: Identify = (toml = '') => {
    const settings = startSettings(toml);
    const { model_catalog_json: file } = settings ?? {};
    if (settings !== undefined) catalog = typeof file === 'string' ? path.resolve(home, file) : '';
    return settings && JSON.stringify(settings);
  };
  return () =>
    new Map([
      otherInput('codex itself', () => {
        const { file } = resolveBinary(binary, environment);
        return `${file} ${stateOf(() => file)}`;
      }),
      otherInput('CODEX_HOME', () => {
        const { dev, ino } = statSync(home);
        return `${realPath(home)} ${dev}:${ino}`;
      }),
      fileInput('auth.json', path.join(home, 'auth.json'), loginIdentity),
      fileInput('config.toml', path.join(home, 'config.toml'), settingsOf),
      fileInput('model_catalog_json', catalog, plain),
      ...['.env', 'environments.toml'].map((name) => fileInput(name, path.join(home, name), plain)),
      ...systemFiles(systemFolder).map((file) =>
        fileInput(file, file, file.endsWith('requirements.toml') ? plain : systemSettings),
      ),
      ...CERTIFICATES.map((name) => fileInput(name, environment[name] ?? '', plain)),
    ]);
};

const CERTIFICATES = ['CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE'];

const plain: Identify = (text = '') => digestOf(text);

const systemSettings: Identify = (toml = '') => {
  const settings = startSettings(toml);
  return settings && JSON.stringify(settings);
};

const textOf = (file: string): string => readRegularFile(file, MAX_WRITTEN_BYTES).toString('utf8');

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
