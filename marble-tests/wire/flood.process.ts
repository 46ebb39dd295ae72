import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { fakeCodex, openLab, type Plugin } from '../support/lab.js';
import { until } from '../support/processes.js';

const fakeAppServer = fileURLToPath(new URL('../support/fake-app-server.mjs', import.meta.url));

type Turn = ReturnType<Plugin['stream']>;
const sent = (turn: Turn, type: string): Promise<void> =>
  until(() => turn.events.some(({ event }) => event.type === type));

describe('a cancel while codex floods', () => {
  it('ends the turn after its grace period on the app-server, and other turns as retryable', async () => {
    await using lab = await openLab();
    const transport = { transport: 'app-server', app_server_required: true };
    lab.configure({ binary: fakeAppServer, ...transport, grace_ms: 1_000 });
    const plugin = await lab.start();
    const other = plugin.stream(turnParams(lab.at('other'), 'wait'));
    await sent(other, 'message_start');
    const flooding = plugin.stream(turnParams(lab.workspace, 'flood'));
    await sent(flooding, 'text_delta');
    plugin.cancel(flooding.id);

    expect((await flooding.ended)['stop_reason']).toBe('cancelled');
    expect(await other.ended).toMatchObject({ kind: 'process_died', retryable: true });
    const next = plugin.stream(turnParams(lab.workspace, 'hello'));
    expect((await next.response)['result']).toMatchObject({ outcome: 'completed' });
  });

  it('ends the turn after its grace period on exec', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex, transport: 'exec', grace_ms: 200 });
    const plugin = await lab.start();
    const prompt = JSON.stringify([{ ignore: ['SIGINT'] }, { flood: 'x'.repeat(60) }]);
    const flooding = plugin.stream(turnParams(lab.workspace, prompt));
    await sent(flooding, 'text_delta');
    plugin.cancel(flooding.id);

    expect((await flooding.ended)['stop_reason']).toBe('cancelled');
  });
});
