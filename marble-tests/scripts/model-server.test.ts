import { describe, expect, it } from 'vitest';
import { startModelServer } from '../../scripts/lib/model-server.mjs';

describe('startModelServer', () => {
  it('closes no idle connection, over which codex may just send its next request', async () => {
    const model = await startModelServer();
    const body = JSON.stringify({ input: [] });
    const { headers } = await fetch(`${model.url}/responses`, { method: 'POST', body });
    await model.close();

    expect([headers.get('connection'), headers.get('keep-alive')]).toEqual(['keep-alive', null]);
  });
});
