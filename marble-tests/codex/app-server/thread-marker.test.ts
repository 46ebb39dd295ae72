import { describe, expect, it } from 'vitest';
import { markedConfig, THREAD_MARKER } from '../../../src/codex/app-server/thread-marker.js';

describe('markedConfig', () => {
  it('gives the marker to the commands of a thread', () => {
    expect(markedConfig({}, 'M')).toEqual({
      [`shell_environment_policy.set.${THREAD_MARKER}`]: 'M',
    });
  });

  it('gives the marker to each MCP server that has an environment', () => {
    const config = {
      'mcp_servers.host.env': { A: '1' },
      'mcp_servers.list.env': ['A'],
      'mcp_servers.host.args': { A: '1' },
      'mcp_servers.a.b.env': { A: '1' },
      env: { A: '1' },
    };
    expect(markedConfig(config, 'M')).toEqual({
      ...config,
      'mcp_servers.host.env': { A: '1', [THREAD_MARKER]: 'M' },
      [`shell_environment_policy.set.${THREAD_MARKER}`]: 'M',
    });
  });
});
