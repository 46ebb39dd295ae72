import { describe, expect, it } from 'vitest';
import { operatorConfig, threadBridge } from '../../src/bridge/bridge-overrides.js';
import type { Access } from '../../src/bridge/endpoint.js';

const http: Access = {
  server: { url: '"http://127.0.0.1:5/mcp"', bearer_token_env_var: '"TOKEN"' },
  env: { TOKEN: 'secret' },
};
const stdio: Access = {
  server: { command: '"/bin/x"', args: '["mcp-host"]', env_vars: '["TOKEN","SOCKET"]' },
  env: { TOKEN: 'secret', SOCKET: '/s' },
};
const settings = {
  'mcp_servers.plexum-host-ada.enabled': true,
  'mcp_servers.plexum-host-ada.required': true,
  'mcp_servers.plexum-host-ada.default_tools_approval_mode': 'approve',
  'mcp_servers.plexum-host-ada.startup_timeout_sec': 20,
  'mcp_servers.plexum-host-ada.tool_timeout_sec': 65,
};
const direct = { 'features.code_mode.direct_only_tool_namespaces': ['mcp__plexum_host_ada'] };

describe('threadBridge', () => {
  it.each<[string, Access, string, Record<string, unknown>]>([
    [
      'a header in place of a variable',
      http,
      '0.169.0',
      {
        ...settings,
        ...direct,
        'mcp_servers.plexum-host-ada.url': 'http://127.0.0.1:5/mcp',
        'mcp_servers.plexum-host-ada.http_headers': { Authorization: 'Bearer secret' },
      },
    ],
    [
      'the variables of the relay in its own environment',
      stdio,
      '0.135.0',
      {
        ...settings,
        'mcp_servers.plexum-host-ada.command': '/bin/x',
        'mcp_servers.plexum-host-ada.args': ['mcp-host'],
        'mcp_servers.plexum-host-ada.env': { TOKEN: 'secret', SOCKET: '/s' },
      },
    ],
  ])('has %s', (_, access, version, config) => {
    expect(threadBridge('ada', access, 60_000, version, operatorConfig(''))).toEqual(config);
  });
});
