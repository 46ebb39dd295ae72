import * as t from 'io-ts';
import type { CodexSettings } from '../codex/config-toml.js';
import type { CodexBridge } from '../codex/exec/codex-run.js';
import { codexCan } from '../codex/versions.js';
import type { Access } from './endpoint.js';
import { namespaceOf, otherServerName, serverName } from './tool-names.js';

/**
 * A codex that refuses `direct_only_tool_namespaces` always hides this many tools behind a search
 * (measured on 0.135).
 */
const HIDDEN_FROM = 100;

/** The warning when this version of codex hides so many tools behind a search. */
const hiddenToolsWarning = (tools: number, version: string | undefined): string | undefined =>
  version !== undefined && tools >= HIDDEN_FROM && !codexCan(version, 'directTools')
    ? `codex ${version} hides tools behind a search when there are ${tools}; a newer one does not`
    : undefined;

/** The operator's own list. An override replaces it. */
const Direct = t.type({
  features: t.type({ code_mode: t.type({ direct_only_tool_namespaces: t.array(t.string) }) }),
});

/** Seconds that codex waits for the bridge to answer. The bridge listens before codex starts. */
const STARTUP_SECONDS = 20;

/**
 * Seconds that codex waits longer for a call than the bridge. So the timeout is the bridge's error,
 * which names the tool and cancels the call at the host.
 */
const MARGIN_SECONDS = 5;

/**
 * The settings that configure codex for the bridge: dotted keys with TOML values that are JSON as
 * well. The user's config.toml does not change.
 *
 * The server has the name of `src/plexum/WIRE.md`, or another one when config.toml already has a
 * server of that name: codex would merge the two and refuse both. The Go plugin wrote such servers.
 * `required`: otherwise codex silently continues without a server that starts late. `approve`:
 * otherwise codex silently refuses the tools when the operator chose a sandbox; see
 * `src/codex/README.md`. The variables of the access are empty in codex's shell tool; the
 * operator's own `shell_environment_policy` still applies.
 */
const bridgeSettings = (
  agentId: string,
  access: Access,
  toolTimeoutMs: number,
  version: string | undefined,
  settings: CodexSettings = {},
): Readonly<Record<string, string>> => {
  const known = serverName(agentId, version);
  const isTaken = Object.hasOwn(settings.mcp_servers ?? {}, known);
  const server = isTaken ? otherServerName(agentId, version) : known;
  const keys = {
    ...access.server,
    enabled: 'true',
    required: 'true',
    default_tools_approval_mode: '"approve"',
    startup_timeout_sec: String(STARTUP_SECONDS),
    tool_timeout_sec: String(Math.ceil(toolTimeoutMs / 1000) + MARGIN_SECONDS),
  };
  const direct = codexCan(version, 'directTools')
    ? {
        'features.code_mode.direct_only_tool_namespaces': JSON.stringify([
          ...(Direct.is(settings) ? settings.features.code_mode.direct_only_tool_namespaces : []),
          namespaceOf(server),
        ]),
      }
    : {};
  return {
    ...Object.fromEntries(
      Object.entries(keys).map(([key, value]) => [`mcp_servers.${server}.${key}`, value]),
    ),
    ...direct,
    ...Object.fromEntries(
      Object.keys(access.env).map((name) => [`shell_environment_policy.set.${name}`, '""']),
    ),
  };
};

/** The settings as `-c` overrides of one run. */
const bridgeOverrides = (...options: Parameters<typeof bridgeSettings>): string[] =>
  Object.entries(bridgeSettings(...options)).flatMap(([key, value]) => ['-c', `${key}=${value}`]);

/**
 * The settings of the bridge for one thread of an app-server. The app-server does not have the
 * environment of the turn, so the settings contain the values of the access's variables. codex
 * keeps the config of a thread in memory; no file has them.
 */
const threadBridge = (
  ...[agentId, access, ...rest]: Parameters<typeof bridgeSettings>
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(bridgeSettings(agentId, access, ...rest)).flatMap(([key, value]) =>
      threadSetting(key, value, access),
    ),
  );

const threadSetting = (key: string, value: string, { env }: Access): [string, unknown][] => {
  if (key.startsWith('shell_environment_policy.')) return [];
  const variable = /^(mcp_servers\.[^.]+\.)(bearer_token_env_var|env_vars)$/.exec(key);
  const read: unknown = JSON.parse(value);
  if (variable === null) return [[key, read]];
  const [, server = '', name] = variable;
  return name === 'env_vars'
    ? [[`${server}env`, env]]
    : [[`${server}http_headers`, { Authorization: `Bearer ${env[String(read)] ?? ''}` }]];
};

/** The bridge for codex. */
export const codexBridge = (
  agentId: string,
  access: Access,
  tools: number,
  toolTimeoutMs: number,
): CodexBridge => ({
  tools,
  env: access.env,
  overrides: (...codex) => bridgeOverrides(agentId, access, toolTimeoutMs, ...codex),
  threadConfig: (...codex) => threadBridge(agentId, access, toolTimeoutMs, ...codex),
  warning: (version) => hiddenToolsWarning(tools, version),
});
