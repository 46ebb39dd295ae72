import { bridgeSettings } from './bridge-overrides.js';
import type { Access } from './endpoint.js';

/**
 * The settings of the bridge for one thread of an app-server, which does not have our environment:
 * what `Access` puts into variables stands in the settings themselves. They are in no file: codex
 * keeps the config of a thread in memory.
 */
export const threadBridge = (
  ...[agentId, access, ...rest]: Parameters<typeof bridgeSettings>
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(bridgeSettings(agentId, access, ...rest)).flatMap(([key, value]) =>
      inline(key, value, access),
    ),
  );

const inline = (key: string, value: string, { env }: Access): [string, unknown][] => {
  if (key.startsWith('shell_environment_policy.')) return [];
  const variable = /^(mcp_servers\.[^.]+\.)(bearer_token_env_var|env_vars)$/.exec(key);
  const read: unknown = JSON.parse(value);
  if (variable === null) return [[key, read]];
  const [, server = '', name] = variable;
  return name === 'env_vars'
    ? [[`${server}env`, env]]
    : [[`${server}http_headers`, { Authorization: `Bearer ${env[String(read)] ?? ''}` }]];
};
