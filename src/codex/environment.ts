import path from 'node:path';
import { homeFolder } from '../text/home-folder.js';

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string>>;

/**
 * The environment without undefined values, and with an absolute `CODEX_HOME`: codex reads a
 * relative one from its own folder, which differs between a turn, the app-server and this process.
 */
export const definedOnly = (env: NodeJS.ProcessEnv): Record<string, string> => {
  const home = env['CODEX_HOME'] ?? '';
  const defined: Record<string, string> = Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  return home === '' ? defined : { ...defined, CODEX_HOME: path.resolve(home) };
};

/**
 * The variables that exempt loopback from the proxy, in addition to the operator's exemptions.
 * Empty without a proxy. codex otherwise uses the proxy for loopback too.
 */
export const withoutProxy = (env: Environment): Record<string, string> => {
  if (!Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name))) return {};
  const names = ['NO_PROXY', 'no_proxy'];
  const present = names.filter((name) => (env[name] ?? '') !== '');
  return Object.fromEntries(
    (present.length === 0 ? names : present)
      .filter((name) => env[name] !== '*')
      .map((name) => [name, [env[name] ?? '', '127.0.0.1'].filter(Boolean).join(',')]),
  );
};

/** The folder in which a codex with this environment stores its threads. */
export const codexHome = (env: Environment): string => {
  const home = env['CODEX_HOME'] ?? '';
  return home === '' ? path.join(homeFolder(env['HOME'] ?? ''), '.codex') : path.resolve(home);
};
