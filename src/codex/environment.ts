import { homedir } from 'node:os';
import path from 'node:path';
/** The variables of a process. */
export type Environment = Readonly<Record<string, string>>;

/** The environment without what is not set. */
export const definedOnly = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );

/**
 * codex asks a proxy for everything, loopback too, unless it is told not to. What the operator
 * excepted stays excepted.
 */
export const withoutProxy = (env: Environment): Record<string, string> => {
  if (!Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name))) return {};
  const names = ['NO_PROXY', 'no_proxy'];
  const given = names.filter((name) => (env[name] ?? '') !== '');
  return Object.fromEntries(
    (given.length === 0 ? names : given)
      .filter((name) => env[name] !== '*')
      .map((name) => [name, [env[name] ?? '', '127.0.0.1'].filter(Boolean).join(',')]),
  );
};

/** Where codex keeps its threads. */
export const codexHome = (env: Environment): string => {
  const home = env['CODEX_HOME'] ?? '';
  return home === '' ? path.join(env['HOME'] ?? homedir(), '.codex') : path.resolve(home);
};
