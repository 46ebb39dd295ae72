import { firstValueFrom, NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { openBridge } from '../../src/node/open-bridge.js';
import { defaultConfig } from '../../src/plexum/config.js';

/** The token of a turn's bridge on the app-server, which stays open after the turn. */
const tokens = () => {
  const open = openBridge({
    config: { ...defaultConfig, transport: 'app-server' },
    log: () => undefined,
    callTool$: () => NEVER,
    relay: { command: '', args: [] },
    socketBases: [],
  });
  const tools = [{ name: 'add', inputSchema: { type: 'object' } }];
  return async (agentId: string, workspace: string) => {
    const { env } = await firstValueFrom(open({ agentId, workspace, tools }));
    return env['PLEXUM_MCP_TOKEN'];
  };
};

describe('openBridge', () => {
  it('keeps the endpoint of a thread for its next turn', async () => {
    const token = tokens();
    expect(await token('ada', '/w')).toBe(await token('ada', '/w'));
  });

  it('never gives the endpoint of one agent to another, whatever their names', async () => {
    const token = tokens();
    expect(await token('ada', '/w /x')).not.toBe(await token('ada /w', '/x'));
  });
});
