import { describe, expect, it } from 'vitest';
import { codexBridge } from '../../src/bridge/bridge-overrides.js';
import type { Access } from '../../src/bridge/endpoint.js';
import { type CodexSettings, parseSettings } from '../../src/codex/config-toml.js';

const SERVER = 'plexum-host-ada-2';
const DIRECT = 'features.code_mode.direct_only_tool_namespaces=["mcp__plexum_host_ada_2"]';

const http: Access = {
  server: { url: '"http://127.0.0.1:5/mcp"', bearer_token_env_var: '"PLEXUM_MCP_TOKEN"' },
  env: { PLEXUM_MCP_TOKEN: 'the-secret' },
};
const relay: Access = {
  server: {
    command: '"/usr/bin/node"',
    args: '["/p/plugin","mcp-host"]',
    env_vars: '["PLEXUM_MCP_SOCKET","PLEXUM_MCP_TOKEN"]',
  },
  env: { PLEXUM_MCP_SOCKET: '/run/s-1/s', PLEXUM_MCP_TOKEN: 'the-secret' },
};

type Given = [
  agentId: string,
  access: Access,
  toolTimeoutMs: number,
  version: string | undefined,
  settings?: CodexSettings,
];
const overrides = (...[agentId, access, ms, version, operator]: Given): readonly string[] =>
  codexBridge(agentId, access, 1, ms).overrides(version, operator);
/** The overrides without the `-c` before each. */
const settings = (...given: Given): string[] => overrides(...given).filter((_, i) => i % 2 === 1);

describe('overrides of codexBridge', () => {
  it('returns pairs of -c and a setting', () => {
    const args = overrides('ada-2', http, 600_000, '0.169.0');
    expect(args.filter((_, i) => i % 2 === 0).every((arg) => arg === '-c')).toBe(true);
    expect(args.filter((_, i) => i % 2 === 1).every((arg) => /^[\w.-]+=./.test(arg))).toBe(true);
  });

  it('configures the server over HTTP', () => {
    expect(settings('ada-2', http, 600_000, '0.169.0').toSorted()).toEqual(
      [
        `mcp_servers.${SERVER}.url="http://127.0.0.1:5/mcp"`,
        `mcp_servers.${SERVER}.bearer_token_env_var="PLEXUM_MCP_TOKEN"`,
        `mcp_servers.${SERVER}.enabled=true`,
        `mcp_servers.${SERVER}.required=true`,
        `mcp_servers.${SERVER}.default_tools_approval_mode="approve"`,
        `mcp_servers.${SERVER}.startup_timeout_sec=20`,
        `mcp_servers.${SERVER}.tool_timeout_sec=605`,
        DIRECT,
        'shell_environment_policy.set.PLEXUM_MCP_TOKEN=""',
      ].toSorted(),
    );
  });

  it('uses another server name when config.toml has that one, since codex would merge the two', () => {
    const config = parseSettings('[mcp_servers.plexum-host-ada-2]\ncommand = "x"\n');
    expect(settings('ada-2', http, 600_000, '0.169.0', config).join('\n')).toMatch(
      /mcp_servers\.plexum-host-ada-2_of_the_turn_x[0-9a-f]{8}\.url=/,
    );
    expect(settings('ada-3', http, 600_000, '0.169.0', config).join('\n')).toContain(
      'mcp_servers.plexum-host-ada-3.url=',
    );
  });

  it('finds that server also beside a number that JavaScript has not exactly', () => {
    const toml = 'model_context_window = 9223372036854775807\n[mcp_servers.plexum-host-ada-2]\n';
    expect(
      settings('ada-2', http, 600_000, '0.169.0', parseSettings(toml)).join('\n'),
    ).not.toContain(`mcp_servers.${SERVER}.`);
  });

  it.each([
    [
      '[features.code_mode]\ndirect_only_tool_namespaces = ["mcp__mine", \'mcp__other\']\n',
      '["mcp__mine","mcp__other","mcp__plexum_host_ada_2"]',
    ],
    [
      'features.code_mode.direct_only_tool_namespaces=[\n  "mcp__mine",\n]',
      '["mcp__mine","mcp__plexum_host_ada_2"]',
    ],
    [
      '[features.code_mode]\ndirect_only_tool_namespaces = [\n  "mcp__mine", # not "mcp__old"\n]\n',
      '["mcp__mine","mcp__plexum_host_ada_2"]',
    ],
    ['# direct_only_tool_namespaces = ["mcp__mine"]', '["mcp__plexum_host_ada_2"]'],
  ])('keeps the direct_only_tool_namespaces of the operator: %j', (toml, list) => {
    expect(settings('ada-2', http, 600_000, '0.169.0', parseSettings(toml))).toContain(
      `features.code_mode.direct_only_tool_namespaces=${list}`,
    );
  });

  it('configures the relay, and empties both of its variables in the shell tool', () => {
    expect(settings('ada-2', relay, 600_000, '0.169.0')).toEqual(
      expect.arrayContaining([
        `mcp_servers.${SERVER}.command="/usr/bin/node"`,
        `mcp_servers.${SERVER}.args=["/p/plugin","mcp-host"]`,
        `mcp_servers.${SERVER}.env_vars=["PLEXUM_MCP_SOCKET","PLEXUM_MCP_TOKEN"]`,
        'shell_environment_policy.set.PLEXUM_MCP_SOCKET=""',
        'shell_environment_policy.set.PLEXUM_MCP_TOKEN=""',
      ]),
    );
  });

  it.each([['0.135.0'], ['0.141.9']])(
    'omits direct_only_tool_namespaces for codex %s, which refuses the key',
    (version) => {
      expect(settings('ada-2', http, 600_000, version).join('\n')).not.toContain(
        'direct_only_tool_namespaces',
      );
    },
  );

  it.each([['0.142.0'], ['0.169.0'], ['1.0.0'], [undefined]])(
    'sets direct_only_tool_namespaces for codex %s, which hides the tools otherwise',
    (version) => {
      expect(settings('ada-2', http, 600_000, version)).toContain(DIRECT);
    },
  );

  it.each([
    ['http', http],
    ['stdio', relay],
  ])('contains no value of the environment (%s)', (_name, access) => {
    for (const value of Object.values(access.env))
      expect(overrides('ada-2', access, 600_000, '0.169.0').join('\n')).not.toContain(value);
  });

  it.each([
    [600_000, 605],
    [1_500, 7],
    [1, 6],
    [7_200_000, 7_205],
  ])('lets the bridge time out first: a limit of %d ms is %d s for codex', (ms, seconds) => {
    expect(settings('ada-2', http, ms, '0.169.0')).toContain(
      `mcp_servers.${SERVER}.tool_timeout_sec=${seconds}`,
    );
  });
});

describe('warning of codexBridge', () => {
  it.each([
    [99, '0.135.0', false],
    [100, '0.135.0', true],
    [100, '0.141.0', true],
    [1000, '0.142.0', false],
    [1000, undefined, false],
  ])('warns for %d tools and codex %s: %s', (tools, version, hidden) => {
    const { warning } = codexBridge('ada', http, tools, 600_000);
    expect(warning(version) !== undefined).toBe(hidden);
  });
});

const tokenHttp: Access = {
  server: { url: '"http://127.0.0.1:5/mcp"', bearer_token_env_var: '"TOKEN"' },
  env: { TOKEN: 'secret' },
};
const tokenRelay: Access = {
  server: { command: '"/bin/x"', args: '["mcp-host"]', env_vars: '["TOKEN","SOCKET"]' },
  env: { TOKEN: 'secret', SOCKET: '/s' },
};
const threadSettings = {
  'mcp_servers.plexum-host-ada.enabled': true,
  'mcp_servers.plexum-host-ada.required': true,
  'mcp_servers.plexum-host-ada.default_tools_approval_mode': 'approve',
  'mcp_servers.plexum-host-ada.startup_timeout_sec': 20,
  'mcp_servers.plexum-host-ada.tool_timeout_sec': 65,
};
const direct = { 'features.code_mode.direct_only_tool_namespaces': ['mcp__plexum_host_ada'] };

describe('threadConfig of codexBridge', () => {
  it.each<[string, Access, string, Record<string, unknown>]>([
    [
      'puts the token into a header',
      tokenHttp,
      '0.169.0',
      {
        ...threadSettings,
        ...direct,
        'mcp_servers.plexum-host-ada.url': 'http://127.0.0.1:5/mcp',
        'mcp_servers.plexum-host-ada.http_headers': { Authorization: 'Bearer secret' },
      },
    ],
    [
      'puts the variables into the environment of the relay',
      tokenRelay,
      '0.135.0',
      {
        ...threadSettings,
        'mcp_servers.plexum-host-ada.command': '/bin/x',
        'mcp_servers.plexum-host-ada.args': ['mcp-host'],
        'mcp_servers.plexum-host-ada.env': { TOKEN: 'secret', SOCKET: '/s' },
      },
    ],
  ])('%s', (_, access, version, config) => {
    const { threadConfig } = codexBridge('ada', access, 1, 60_000);
    expect(threadConfig(version, undefined)).toEqual(config);
  });
});
