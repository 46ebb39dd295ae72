import path from 'node:path';
import { codexHome, type Environment } from '../codex/environment.js';
import type { Bridge } from '../codex/exec/codex-run.js';
import { isOlder } from '../codex/version.js';
import { textOf } from '../process/files.js';
import type { Access } from './endpoint.js';
import { namespaceOf, otherServerName, serverName } from './tool-names.js';

/**
 * From this version on codex hides MCP tools behind a search unless their namespace is named here;
 * older ones refuse the key.
 */
const DIRECT_SINCE = '0.142.0';

/**
 * So many tools of servers are what an older codex hides, and nothing keeps it from that (measured
 * on 0.135).
 */
const HIDDEN_FROM = 100;

/**
 * The warning for so many tools that this codex puts them behind a search, not in front of the
 * model.
 */
export const hiddenTools = (tools: number, version: string | undefined): string | undefined =>
  tools >= HIDDEN_FROM && version !== undefined && isOlder(version, DIRECT_SINCE)
    ? `codex ${version} hides tools behind a search when there are ${tools}; a newer one does not`
    : undefined;

/** Seconds that codex waits for the bridge to answer: it is there before codex starts. */
const STARTUP_SECONDS = 20;

/**
 * Seconds that codex waits longer than we do: our error names the tool, and cancels the call at the
 * host.
 */
const MARGIN_SECONDS = 5;

/**
 * The settings by which codex knows the bridge: dotted keys and TOML values that are JSON too;
 * nothing is written to the user's config.toml.
 *
 * The server has the name of WIRE.md, unless config.toml knows one of that name already (the Go
 * plugin left some): then it has another. `required`, since codex would silently go on without a
 * server that is late; `approve`, since it would silently refuse its tools when the operator chose
 * a sandbox (facts/codex-exec.md §3). The variables of the access are set empty for codex's shell
 * tool, which adds to the operator's own `shell_environment_policy`.
 */
export const bridgeSettings = (
  agentId: string,
  access: Access,
  toolTimeoutMs: number,
  version: string | undefined,
  config: OperatorConfig,
): Readonly<Record<string, string>> => {
  const known = serverName(agentId, version);
  const server = config.hasServer(known) ? otherServerName(agentId, version) : known;
  const keys = {
    ...access.server,
    enabled: 'true',
    required: 'true',
    default_tools_approval_mode: '"approve"',
    startup_timeout_sec: String(STARTUP_SECONDS),
    tool_timeout_sec: String(Math.ceil(toolTimeoutMs / 1000) + MARGIN_SECONDS),
  };
  const direct =
    version !== undefined && isOlder(version, DIRECT_SINCE)
      ? {}
      : {
          'features.code_mode.direct_only_tool_namespaces': JSON.stringify([
            ...config.directNamespaces,
            namespaceOf(server),
          ]),
        };
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

/** The same as `-c` overrides of one run. */
export const bridgeOverrides = (...about: Parameters<typeof bridgeSettings>): string[] =>
  Object.entries(bridgeSettings(...about)).flatMap(([key, value]) => ['-c', `${key}=${value}`]);

/** The operator's config.toml, as it is now. */
const readOperatorConfig = (env: Environment): OperatorConfig =>
  operatorConfig(textOf(path.join(codexHome(env), 'config.toml')));

/** What the operator's own config.toml says that the bridge must not get in the way of. */
export interface OperatorConfig {
  /**
   * Whether there is a server of this name; an override would be merged with it, and codex would
   * refuse both.
   */
  readonly hasServer: (name: string) => boolean;
  /**
   * The namespaces that are to be in front of the model already: an override takes the place of the
   * list.
   */
  readonly directNamespaces: readonly string[];
}

/**
 * Reads the text of a config.toml, '' when there is none, as far as the bridge has to know it: no
 * TOML parser, but the forms that codex and people write.
 */
export const operatorConfig = (toml: string): OperatorConfig => {
  const lines = toml
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');
  const [, list = ''] = /\bdirect_only_tool_namespaces\s*=\s*\[([^\]]*)\]/.exec(lines) ?? [];
  return {
    hasServer: (name) => lines.includes(name),
    directNamespaces: [...list.matchAll(/"([\w-]+)"|'([\w-]+)'/g)].map(
      ([, double = '', single = '']) => double || single,
    ),
  };
};

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

/** What codex has to be told to reach an endpoint; reads the operator's config.toml at each use. */
export const codexBridge = (
  agentId: string,
  access: Access,
  tools: number,
  toolTimeoutMs: number,
  environment: Environment,
): Bridge => ({
  tools,
  env: access.env,
  overrides: (version) =>
    bridgeOverrides(agentId, access, toolTimeoutMs, version, readOperatorConfig(environment)),
  threadConfig: (version) =>
    threadBridge(agentId, access, toolTimeoutMs, version, readOperatorConfig(environment)),
  warning: (version) => hiddenTools(tools, version),
});
