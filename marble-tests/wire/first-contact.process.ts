import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { executable, fakeCodex, openLab } from '../support/lab.js';

const agent = { agent_id: 'a', workspace: '/w' };

it('a daemon that speaks otherwise gets an answer to each request, and doctor shows what it sent', async () => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex, transport: 'exec' });
  const log = lab.at('wire.jsonl');
  const plugin = await lab.start({ PLEXUM_WIRE_LOG: log });
  const answers = await Promise.all([
    plugin.request('tools/list', { cursor: 'x' }),
    plugin.request('resources/list', null),
    plugin.request('resources/templates/list'),
    plugin.request('prompts/list'),
    plugin.request('initialize', { pluginName: 'x', settings: { token: 'ghp_0123456789abcdef' } }),
    plugin.request('initialize', {
      protocolVersion: '1999-01-01',
      capabilities: {},
      clientInfo: { name: 'daemon', version: '1' },
    }),
    plugin.request('logging/setLevel', { level: 'debug' }),
    plugin.request('plexum/agent/bind', { agent, api_key: 'a secret', n: 1 }),
    plugin.request('plexum/agent/bind', { agent, api_key: 'another', n: 2 }),
    plugin.request('completion/complete', { ref: {}, argument: {} }),
    plugin.request('shutdown', null),
    plugin.request('plexum/provider/stream', { model: 'm', agent, messages: [{ role: 'user' }] }),
    plugin.request('plexum/session/mutate', { session: 's' }),
  ]);
  const results = answers.map(({ result, error }) => error?.code ?? Object.keys(result).sort());
  const hello = ['capabilities', 'protocolVersion', 'serverInfo'];
  expect(results).toEqual([
    ['tools'],
    ['resources'],
    ['resourceTemplates'],
    ['prompts'],
    hello,
    hello,
    [],
    -32601,
    -32601,
    -32601,
    -32601,
    -32602,
    -32602,
  ]);
  const frames = [
    { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
    { jsonrpc: '2.0', method: 'exit' },
    { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'p' } },
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { request: 1 } },
    { jsonrpc: '2.0', id: 99, result: { roots: [] } },
    [{ jsonrpc: '2.0', id: 1, method: 'ping' }],
  ];
  for (const frame of frames) plugin.send(frame);
  const long = `${'x'.repeat(5_000)} sk-0123456789abcdef`;
  const turn = plugin.stream(
    turnParams(
      lab.workspace,
      JSON.stringify([{ out: [{ type: 'turn.completed' }] }]) + ' '.repeat(5_000),
    ),
  );
  expect((await turn.response)['result']).toMatchObject({ outcome: 'completed' });
  await plugin.request('ping', { note: long });
  await plugin.stop();

  const logged = plugin.logs.filter(({ data }) => data.msg.startsWith('the host sent something'));
  expect(logged.map(({ data }) => `${data.what} ${data.method} ${data.keys}`)).toEqual([
    'request initialize {pluginName: string, settings: {token: string}}',
    'request plexum/agent/bind {agent: {agent_id: string, workspace: string}, api_key: string, n: number}',
    'request completion/complete {ref: {}, argument: {}}',
    'request shutdown null',
    'request plexum/provider/stream {model: string, agent: {agent_id: string, workspace: string}, messages: [{role: string}]}',
    'request plexum/session/mutate {session: string}',
    'notification notifications/roots/list_changed nothing',
    'notification exit nothing',
    'notification notifications/progress {progressToken: string}',
    'notification notifications/cancelled {request: number}',
    'response  {jsonrpc: string, id: number, result: {roots: list}}',
    'frame  [{jsonrpc: string, id: number, method: string}]',
  ]);

  // Without codex the other checks are quick, and red.
  lab.configure({ binary: lab.at('nowhere') });
  const told = spawnSync(executable, ['doctor', '--json'], {
    env: lab.env,
    encoding: 'utf8',
  }).stdout;
  const { detail, mend } = JSON.parse(told).checks.find(({ id }: { id: string }) => id === 'wire');
  expect(detail).toContain('request plexum/agent/bind: 2 times, {agent: {agent_id: string');
  expect(detail).toContain('JSON that is no message: 1 time, [{jsonrpc: string');
  expect(mend).toContain('PLEXUM_WIRE_LOG');

  expect(statSync(log).mode & 0o777).toBe(0o600);
  const text = readFileSync(log, 'utf8');
  expect(text).not.toMatch(/ghp_0123456789abcdef|sk-0123456789abcdef/);
  expect(text).toContain('(cut: 5020 characters)');
  const drawn = execFileSync(executable, ['timeline', log], { env: lab.env, encoding: 'utf8' });
  expect(drawn).toMatch(/^host +\S/m);
  expect(drawn).toMatch(/^plugin +\S/m);
  expect(drawn).toMatch(/plexum\/agent\/bind/);
});
