import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codexOf, PINNED } from '../../scripts/lib/codexes.mjs';
import { turnParams, withTools } from '../../scripts/lib/host.mjs';
import { outputsSince, userTexts } from '../../scripts/lib/model-server.mjs';
import { codexVersion, type Lab, openLab, type Plugin, realCodex, type Reply } from '../support/lab.js';
import { isAlive, processesOf, until } from '../support/processes.js';

const openServed = async (reply?: Reply, more: object = {}): Promise<Lab> => {
  const lab = await openLab(reply);
  lab.configure({ binary: realCodex, transport: 'app-server', app_server_required: true, ...more });
  return lab;
};
const say = (lab: Lab, plugin: Plugin, text: unknown) => plugin.stream(turnParams(lab.workspace, text, 'gpt-5.5'));
const typesOf = (turn: ReturnType<Plugin['stream']>): string[] => turn.events.map(({ event }) => event.type);
const textOf = (turn: ReturnType<Plugin['stream']>): string =>
  turn.events.map(({ event }) => (event.type === 'text_delta' ? event.text : '')).join('');
const servers = (lab: Lab) => processesOf(lab.at('home')).filter(({ args }) => args.includes('app-server'));

describe('the app-server', () => {
  it('streams deltas as the model writes them, and the second turn knows the first, on one process', async () => {
    await using lab = await openServed((request) => [{ text: `I know: ${userTexts(request).join(', ')}`.padEnd(40, '.'), deltas: 10 }]);
    const plugin = await lab.start();
    const first = say(lab, plugin, 'one');
    expect((await first.response)['result']).toMatchObject({ outcome: 'completed' });
    const second = say(lab, plugin, 'two');
    await second.response;

    expect(typesOf(first)).toEqual(['message_start', ...Array.from({ length: 10 }, () => 'text_delta'), 'message_end']);
    expect(textOf(first)).toBe('I know: one'.padEnd(40, '.'));
    expect(textOf(second)).toBe('I know: one, two'.padEnd(40, '.'));
    expect(first.events.at(-1)?.['event'].usage).toEqual(second.events.at(-1)?.['event'].usage);
    expect(first.events.at(-1)?.['event'].thread_id).toBe(readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8'));
    expect(servers(lab)).toHaveLength(1);
  });

  it('sends the tool calls with codex’s own call ids', async () => {
    await using lab = await openServed((request) =>
      outputsSince(request).length === 0
        ? [{ call: { name: 'exec_command', arguments: { cmd: 'echo hi' }, call_id: 'call_1' } }]
        : [{ text: 'done' }],
    );
    const plugin = await lab.start();
    const turn = say(lab, plugin, 'go');
    await turn.response;

    expect(typesOf(turn)).toEqual([
      'message_start',
      'text_delta',
      'tool_call_start',
      'tool_call_delta',
      'tool_call_end',
      'tool_result',
      'message_end',
    ]);
    expect(turn.events.find(({ event }) => event.type === 'tool_result')?.['event']).toMatchObject({ id: 'call_1', is_error: false });
  });

  it('ends a turn and its commands when it is cancelled, and goes on with the thread', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).at(-1) === 'hang'
        ? [
            { text: 'part' },
            { call: { name: 'exec_command', arguments: { cmd: 'echo $$ > pid; trap "" INT TERM HUP; sleep 600', yield_time_ms: 30_000 } } },
          ]
        : [{ text: userTexts(request).join(', ') }],
    );
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const turn = say(lab, plugin, 'hang');
    await until(() => existsSync(lab.at('workspace/pid')) && readFileSync(lab.at('workspace/pid'), 'utf8') !== '');
    const pid = Number(readFileSync(lab.at('workspace/pid'), 'utf8'));
    plugin.cancel(turn.id);
    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    expect(isAlive(pid)).toBe(false);
    expect(servers(lab)).toHaveLength(1);
    const next = say(lab, plugin, 'two');
    await next.response;
    expect(textOf(next)).toBe('one, hang, two');
  });

  it('ends its turns with an error that may be tried again when it is killed, and is started anew', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).at(-1) === 'hang' ? [{ hang: true }] : [{ text: userTexts(request).join(', ') }],
    );
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const turn = say(lab, plugin, 'hang');
    await until(() => lab.model.requests.length === 2);
    for (const { pid } of servers(lab)) process.kill(pid, 'SIGKILL');
    expect(await turn.ended).toMatchObject({ type: 'error', kind: 'process_died', retryable: true, message: expect.stringContaining('SIGKILL') });
    const next = say(lab, plugin, 'two');
    await next.response;
    expect(textOf(next)).toBe('one, hang, two');
  });

  it('fails with the same typed errors', async () => {
    await using lab = await openServed(() => [{ status: 500, body: { error: { message: 'no' } } }]);
    const plugin = await lab.start();
    expect(await say(lab, plugin, 'go').ended).toMatchObject({ type: 'error', kind: 'overloaded', retryable: true });
  });

  it.each(['http', 'stdio'])('offers the daemon’s tools over the bridge (%s), which may change from turn to turn', async (bridge) => {
    await using lab = await openServed(
      (request) => {
        const name = userTexts(request).at(-1) ?? '';
        return outputsSince(request).length === 0 && name !== 'none'
          ? [{ call: { name, namespace: 'mcp__plexum_host_demo_agent', arguments: { q: 1 }, call_id: `call_${name}` } }]
          : [{ text: outputsSince(request).join() }];
      },
      { bridge, bridge_required: true },
    );
    const asked: unknown[] = [];
    const plugin = await lab.start({}, ({ name }) => {
      asked.push(name);
      return { content: [{ type: 'text', text: `${String(name)} was called` }] };
    });
    const tool = (name: string) => ({ name, description: name, inputSchema: { type: 'object' } });
    for (const name of ['look', 'find', 'none', 'look']) {
      const params = turnParams(lab.workspace, name, 'gpt-5.5');
      const turn = plugin.stream(name === 'none' ? params : withTools(params, [tool(name)]));
      expect((await turn.response)['result'].outcome).toBe('completed');
      if (name !== 'none') expect(textOf(turn)).toContain(`${name} was called`);
    }
    expect(asked).toEqual(['look', 'find', 'look']);
    for (const file of readdirSync(lab.at('codex/sessions'), { recursive: true }).map(String)) {
      if (file.endsWith('.jsonl')) expect(readFileSync(lab.at('codex/sessions', file), 'utf8')).not.toMatch(/Bearer |PLEXUM_TOKEN/);
    }
  });

  it('reads a thread anew that a mutation has changed', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).length === 1 && outputsSince(request).length === 0
        ? [{ call: { name: 'exec_command', arguments: { cmd: 'echo SECRET-$((40+2))' }, call_id: 'call_1' } }]
        : [{ text: 'done' }],
    );
    const plugin = await lab.start();
    await say(lab, plugin, 'go').response;
    expect(JSON.stringify(lab.model.requests.at(-1)?.input)).toContain('SECRET-42');
    const mutations = [{ block_id: 'call_1', op: 'consume-heavy' }];
    expect((await plugin.request('plexum/session/mutate', { agent_id: 'a', workspace: lab.workspace, mutations }))['result']).toEqual({
      requested: 1,
      touched: 1,
    });
    const turn = say(lab, plugin, 'and now?');
    expect((await turn.response)['result'].outcome).toBe('completed');
    const input = JSON.stringify(lab.model.requests.at(-1)?.input);
    expect(input).toContain('...(tool called)');
    expect(input).not.toContain('SECRET-42');
    await say(lab, plugin, 'again').response;
    expect(userTexts(lab.model.requests.at(-1) ?? { input: [] })).toEqual(['go', 'and now?', 'again']);
  });

  it('shares its threads with codex exec, in both directions', async () => {
    await using lab = await openServed((request) => [{ text: userTexts(request).join(', ') }]);
    const texts: string[] = [];
    for (const [nth, transport] of ['exec', 'app-server', 'exec', 'app-server'].entries()) {
      lab.configure({ binary: realCodex, transport, app_server_required: true });
      const plugin = await lab.start();
      const turn = say(lab, plugin, String(nth));
      await turn.response;
      texts.push(textOf(turn));
      await plugin.stop();
    }
    expect(texts).toEqual(['0', '0, 1', '0, 1, 2', '0, 1, 2, 3']);
  });

  it('leaves nothing when its plugin ends', async () => {
    await using lab = await openServed();
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const before = servers(lab);
    expect(before).toHaveLength(1);
    await plugin.stop();
    await until(() => before.every(({ pid }) => !isAlive(pid)));
    expect(existsSync(lab.at('profile/plugins/plexum-openai-provider/turns'))).toBe(false);
  });

  it('that cannot start is replaced by codex exec for the turn, with a warning; or is an error, when it is required', async () => {
    for (const required of [false, true]) {
      await using lab = await openServed(undefined, { app_server_required: required, extra_args: ['--add-dir', '/'] });
      const plugin = await lab.start();
      const end = await say(lab, plugin, 'hello').ended;
      const warned = plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data.msg);
      expect(end['type']).toBe(required ? 'error' : 'message_end');
      expect(warned).toEqual(required ? [] : [expect.stringContaining('codex exec runs this turn: --add-dir in extra_args')]);
    }
  });

  it.each(['exec', 'app-server'])('says how to go on with a thread that an older codex has spoilt for newer ones, by %s', async (transport) => {
    await using lab = await openLab();
    const ends: unknown[] = [];
    for (const binary of [codexOf(PINNED), realCodex, codexOf(PINNED)]) {
      lab.configure({ binary, transport });
      const plugin = await lab.start();
      ends.push((await say(lab, plugin, 'go').ended)['message'] ?? 'well');
      await plugin.stop();
    }
    expect(ends).toEqual(['well', 'well', codexVersion !== '0.135.0' ? 'well' : expect.stringContaining('remove .plexum-codex-session')]);
  });
});
