import { execFile } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codexOf } from '../../scripts/lib/codexes.mjs';
import { turnParams, withTools } from '../../scripts/lib/host.mjs';
import { outputsSince, type Step, userTexts } from '../../scripts/lib/model-server.mjs';
import { codexCan, NEWEST } from '../../src/codex/versions.js';
import { codexDoes } from '../support/codex-facts.js';
import {
  codexVersion,
  type Lab,
  openLab,
  type Plugin,
  type Reply,
  realCodex,
} from '../support/lab.js';
import { isAlive, processesOf, until } from '../support/processes.js';

const openServed = async (reply?: Reply, more: object = {}): Promise<Lab> => {
  const lab = await openLab(reply);
  lab.configure({ binary: realCodex, transport: 'app-server', app_server_required: true, ...more });
  return lab;
};
const say = (lab: Lab, plugin: Plugin, text: unknown) =>
  plugin.stream(turnParams(lab.workspace, text, 'gpt-5.5'));
const typesOf = (turn: ReturnType<Plugin['stream']>): string[] =>
  turn.events.map(({ event }) => event.type);
const textOf = (turn: ReturnType<Plugin['stream']>): string =>
  turn.events.map(({ event }) => (event.type === 'text_delta' ? event.text : '')).join('');
/** The app-servers, and no short program that one of them is just starting. */
const servers = (lab: Lab) => {
  const all = processesOf(lab.at('home')).filter(({ args }) => args.includes('app-server'));
  return all.filter(({ parent }) => !all.some(({ pid }) => pid === parent));
};

describe('the app-server', () => {
  it('emits deltas as the model writes them, and resumes the thread in the same process', async () => {
    await using lab = await openServed((request) => [
      { text: `I know: ${userTexts(request).join(', ')}`.padEnd(40, '.'), deltas: 10 },
    ]);
    const plugin = await lab.start();
    const first = say(lab, plugin, 'one');
    expect((await first.response)['result']).toMatchObject({ outcome: 'completed' });
    const second = say(lab, plugin, 'two');
    await second.response;

    expect(typesOf(first)).toEqual([
      'message_start',
      ...Array.from({ length: 10 }, () => 'text_delta'),
      'message_end',
    ]);
    expect(textOf(first)).toBe('I know: one'.padEnd(40, '.'));
    expect(textOf(second)).toBe('I know: one, two'.padEnd(40, '.'));
    expect(first.events.at(-1)?.['event'].usage).toEqual(second.events.at(-1)?.['event'].usage);
    expect(first.events.at(-1)?.['event'].thread_id).toBe(
      readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8'),
    );
    expect(servers(lab)).toHaveLength(1);
  });

  it('emits a tool call while it runs, and its result before the next message, with codex’s call ids', async () => {
    await using lab = await openServed((request) =>
      outputsSince(request).length === 0
        ? [
            { text: 'look' },
            {
              call: {
                name: 'exec_command',
                arguments: {
                  cmd: 'until [ -e go ]; do sleep 0.01; done; echo hi',
                  yield_time_ms: 30_000,
                },
                call_id: 'call_1',
              },
            },
          ]
        : [{ text: 'done' }],
    );
    const plugin = await lab.start();
    for (const text of ['new', 'resumed']) {
      rmSync(lab.at('workspace/go'), { force: true });
      const turn = say(lab, plugin, text);
      await until(() => typesOf(turn).includes('tool_call_end'));
      expect(typesOf(turn)).toEqual([
        'message_start',
        'text_delta',
        'tool_call_start',
        'tool_call_delta',
        'tool_call_end',
      ]);
      writeFileSync(lab.at('workspace/go'), '');
      await turn.response;

      expect(typesOf(turn).slice(5)).toEqual(['tool_result', 'text_delta', 'message_end']);
      expect(
        turn.events.find(({ event }) => event.type === 'tool_result')?.['event'],
      ).toMatchObject({ id: 'call_1', is_error: false });
    }
  });

  it('keeps calls and messages in order when codex compacts the thread between them', async () => {
    await using lab = await openServed(
      (request, nth) => {
        if (JSON.stringify(request.input.at(-1)).includes('COMPACTION'))
          return [{ reasoning: ['what was it?'] }, { text: 'SUMMARY' }];
        return nth < 5
          ? [
              { text: `step ${nth}` },
              {
                call: {
                  name: 'exec_command',
                  arguments: { cmd: 'echo hi' },
                  call_id: `call_${nth}`,
                },
              },
              { tokens: nth === 1 ? 250_000 : 100 },
            ]
          : [{ text: 'done' }];
      },
      { extra_args: ['-c', 'model_auto_compact_token_limit=200000'] },
    );
    const plugin = await lab.start();
    const turn = say(lab, plugin, 'go');
    await turn.response;
    const shown = turn.events.flatMap(({ event: { type, text, id } }) =>
      type === 'text_delta' ? [text.trim()] : type === 'tool_result' ? [id] : [],
    );
    expect(shown).toEqual([
      'step 0',
      'call_0',
      'step 1',
      'call_1',
      'step 3',
      'call_3',
      'step 4',
      'call_4',
      'done',
    ]);
  });

  it('ends a cancelled turn and its commands, and resumes the thread in the next turn', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).at(-1) === 'hang'
        ? [
            { text: 'part' },
            {
              call: {
                name: 'exec_command',
                arguments: {
                  cmd: 'echo $$ > pid; trap "" INT TERM HUP; sleep 600',
                  yield_time_ms: 30_000,
                },
              },
            },
          ]
        : [{ text: userTexts(request).join(', ') }],
    );
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const turn = say(lab, plugin, 'hang');
    await until(
      () =>
        existsSync(lab.at('workspace/pid')) && readFileSync(lab.at('workspace/pid'), 'utf8') !== '',
    );
    const pid = Number(readFileSync(lab.at('workspace/pid'), 'utf8'));
    plugin.cancel(turn.id);
    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    expect(isAlive(pid)).toBe(false);
    expect(servers(lab)).toHaveLength(1);
    const next = say(lab, plugin, 'two');
    await next.response;
    expect(textOf(next)).toBe('one, hang, two');
  });

  it('ends its turns with a retryable error when it is killed, and is started again', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).at(-1) === 'hang'
        ? [{ hang: true }]
        : [{ text: userTexts(request).join(', ') }],
    );
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const turn = say(lab, plugin, 'hang');
    await until(() => lab.model.requests.length === 2);
    for (const { pid } of servers(lab)) process.kill(pid, 'SIGKILL');
    expect(await turn.ended).toMatchObject({
      type: 'error',
      kind: 'process_died',
      retryable: true,
      message: expect.stringContaining('SIGKILL'),
    });
    expect(servers(lab)).toEqual([]);
    const next = say(lab, plugin, 'two');
    await next.response;
    expect(textOf(next)).toBe('one, hang, two');
  });

  it('ends a failed turn with the same typed errors as codex exec', async () => {
    await using lab = await openServed(() => [{ status: 500, body: { error: { message: 'no' } } }]);
    const plugin = await lab.start();
    expect(await say(lab, plugin, 'go').ended).toMatchObject({
      type: 'error',
      kind: 'overloaded',
      retryable: true,
    });
  });

  it.each(['http', 'stdio'])(
    'offers the tools of each turn over the bridge (%s)',
    async (bridge) => {
      await using lab = await openServed(
        (request) => {
          const name = userTexts(request).at(-1) ?? '';
          return outputsSince(request).length === 0 && name !== 'none'
            ? [
                {
                  call: {
                    name,
                    namespace: 'mcp__plexum_host_demo_agent',
                    arguments: { q: 1 },
                    call_id: `call_${name}`,
                  },
                },
              ]
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
        if (file.endsWith('.jsonl'))
          expect(readFileSync(lab.at('codex/sessions', file), 'utf8')).not.toMatch(
            /Bearer |PLEXUM_TOKEN/,
          );
      }
    },
  );

  it('reloads a thread that a mutation has changed', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).length === 1 && outputsSince(request).length === 0
        ? [
            {
              call: {
                name: 'exec_command',
                arguments: { cmd: 'echo SECRET-$((40+2))' },
                call_id: 'call_1',
              },
            },
          ]
        : [{ text: 'done' }],
    );
    const plugin = await lab.start();
    await say(lab, plugin, 'go').response;
    expect(JSON.stringify(lab.model.requests.at(-1)?.input)).toContain('SECRET-42');
    const mutations = [{ block_id: 'call_1', op: 'consume-heavy' }];
    expect(
      (
        await plugin.request('plexum/session/mutate', {
          agent_id: 'a',
          workspace: lab.workspace,
          mutations,
        })
      )['result'],
    ).toEqual({
      requested: 1,
      touched: 1,
    });
    const turn = say(lab, plugin, 'and now?');
    expect((await turn.response)['result'].outcome).toBe('completed');
    const input = JSON.stringify(lab.model.requests.at(-1)?.input);
    expect(input).toContain('...(tool called)');
    expect(input).not.toContain('SECRET-42');
    await say(lab, plugin, 'again').response;
    expect(userTexts(lab.model.requests.at(-1) ?? { input: [] })).toEqual([
      'go',
      'and now?',
      'again',
    ]);
  });

  it('reloads a thread that a second plugin has changed during a turn', async () => {
    let answer: (steps: Step[]) => void = () => undefined;
    const answered = new Promise<Step[]>((resolve) => (answer = resolve));
    let asked = false;
    await using lab = await openServed((request) => {
      if (userTexts(request).at(-1) === 'wait here') {
        asked = true;
        return answered;
      }
      const isFirst = userTexts(request).length === 1 && outputsSince(request).length === 0;
      const call = {
        name: 'exec_command',
        arguments: { cmd: 'echo SECRET-$((40+2))' },
        call_id: 'call_1',
      };
      return isFirst ? [{ call }] : [{ text: 'done' }];
    });
    const [first, second] = [await lab.start(), await lab.start()];
    await say(lab, first, 'go').response;
    const turn = say(lab, first, 'wait here');
    await until(() => asked);
    const mutated = await second.request('plexum/session/mutate', {
      agent_id: 'a',
      workspace: lab.workspace,
      mutations: [{ block_id: 'call_1', op: 'consume-heavy' }],
    });
    expect(mutated['result']).toEqual({ requested: 1, touched: 1 });
    answer([{ text: 'later' }]);
    expect((await turn.response)['result'].outcome).toBe('completed');

    expect((await say(lab, first, 'and now?').response)['result'].outcome).toBe('completed');
    const last = lab.model.requests.at(-1) ?? { input: [] };
    expect(userTexts(last)).toEqual(['go', 'wait here', 'and now?']);
    expect(JSON.stringify(last.input)).toContain('...(tool called)');
    expect(JSON.stringify(last.input)).not.toContain('SECRET-42');
  });

  it('uses the default model again when a turn names none', async () => {
    await using lab = await openServed();
    const plugin = await lab.start();
    for (const model of ['gpt-5.2', 'codex', 'gpt-5.2', 'codex', 'codex'])
      await plugin.stream(turnParams(lab.workspace, 'hi', model)).response;
    expect(lab.model.requests.map((request) => request['model'])).toEqual([
      'gpt-5.2',
      'gpt-5.5',
      'gpt-5.2',
      'gpt-5.5',
      'gpt-5.5',
    ]);
  });

  it('reloads changed instructions of the workspace where codex exec does', async () => {
    await using lab = await openServed();
    const plugin = await lab.start();
    const seen: boolean[] = [];
    for (const rule of ['RULE-ONE', 'RULE-TWO', 'RULE-THREE']) {
      writeFileSync(lab.at('workspace/AGENTS.md'), rule);
      await say(lab, plugin, 'hi').response;
      seen.push(JSON.stringify(lab.model.requests.at(-1)?.input).includes(rule));
    }
    expect(seen).toEqual(
      codexDoes('reloadsInstructions') ? [true, true, true] : [true, false, false],
    );
  });

  it('unloads an unused thread so that another codex can write it', async () => {
    // Between these versions codex keeps a thread and its lock until its app-server ends: it does
    // not know `thread_unload_delay_secs`.
    const keeps = codexCan(codexVersion, 'writerLock') && !codexCan(codexVersion, 'unloadsThreads');
    await using lab = await openServed(undefined, keeps ? { app_server_idle_ms: 1_000 } : {});
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const threadId = readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8');
    const args = [
      'exec',
      '--dangerously-bypass-approvals-and-sandbox',
      '--skip-git-repo-check',
      'resume',
      threadId,
      'elsewhere',
    ];
    const resumed = () =>
      new Promise<boolean>((resolve) => {
        execFile(realCodex, args, { cwd: lab.workspace, env: lab.env }, (error) => {
          resolve(error === null);
        }).stdin?.end();
      });
    while (!(await resumed()));
    expect(servers(lab)).toHaveLength(keeps ? 0 : 1);
    await say(lab, plugin, 'two').response;
    expect(userTexts(lab.model.requests.at(-1) ?? { input: [] })).toEqual([
      'one',
      'elsewhere',
      'two',
    ]);
  });

  it('is restarted after a refused login, since it reads the login only once', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).at(-1) === 'refused'
        ? [{ status: 401, body: { error: { message: 'Incorrect API key provided' } } }]
        : [{ text: userTexts(request).join(', ') }],
    );
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const before = servers(lab).map(({ pid }) => pid);
    expect(await say(lab, plugin, 'refused').ended).toMatchObject({ type: 'error', kind: 'auth' });
    await until(() => before.every((pid) => !isAlive(pid)));
    const turn = say(lab, plugin, 'two');
    await turn.response;
    expect(textOf(turn)).toBe('one, refused, two');
  });

  it('is replaced for later turns when the login is another, and ends with its own turns', async () => {
    let isReplaced = false;
    await using lab = await openServed(async (request, _, login) => {
      const texts = userTexts(request);
      if (texts.at(-1) === 'wait') await until(() => isReplaced);
      return texts.at(-1) !== 'wait' && login.endsWith('first')
        ? [{ status: 429, body: { error: { type: 'usage_limit_reached', message: 'No more' } } }]
        : [{ text: `${texts.join(', ')}: ${login}` }];
    });
    const signIn = (key: string, more: object = {}): void =>
      writeFileSync(lab.at('codex/auth.json'), JSON.stringify({ OPENAI_API_KEY: key, ...more }));
    writeFileSync(
      lab.at('codex/config.toml'),
      lab.model.configToml.replace('wire_api', 'requires_openai_auth = true\nwire_api'),
    );
    mkdirSync(lab.at('other'));
    const sayThere = (text: string) => plugin.stream(turnParams(lab.at('other'), text, 'gpt-5.5'));
    signIn('first');
    const plugin = await lab.start();
    const waiting = say(lab, plugin, 'wait');
    await until(() => lab.model.requests.length === 1);
    expect(await sayThere('one').ended).toMatchObject({ type: 'error', kind: 'usage_limit' });
    const old = servers(lab).map(({ pid }) => pid);

    signIn('second');
    const next = sayThere('two');
    await next.response;
    expect(textOf(next)).toBe('one, two: Bearer second');
    expect(old.map(isAlive)).toEqual([true]);
    isReplaced = true;
    await waiting.response;
    expect(textOf(waiting)).toBe('wait: Bearer first');
    await until(() => !old.some(isAlive));

    const now = servers(lab).map(({ pid }) => pid);
    signIn('second', { last_refresh: '2026-01-01T00:00:00Z' });
    await sayThere('three').response;
    expect(servers(lab).map(({ pid }) => pid)).toEqual(now);
    expect(
      plugin.logs.flatMap(({ data: { changed } }) => (changed === undefined ? [] : [changed])),
    ).toEqual([['auth.json']]);
  });

  it('is killed together with the MCP servers of the operator', async () => {
    await using lab = await openServed((request) =>
      userTexts(request).at(-1) === 'hang' ? [{ hang: true }] : [{ text: 'hello' }],
    );
    const deaf = lab.at('deaf.sh');
    writeFileSync(
      deaf,
      `#!/bin/sh\ntrap '' INT TERM HUP\necho $$ >> ${lab.at('pids')}\nwhile true; do sleep 600; done\n`,
      { mode: 0o700 },
    );
    appendFileSync(
      lab.at('codex/config.toml'),
      `\n[mcp_servers.deaf]\ncommand = ${JSON.stringify(deaf)}\nstartup_timeout_sec = 1\n`,
    );
    const plugin = await lab.start();
    const turn = say(lab, plugin, 'hang');
    await until(
      () =>
        existsSync(lab.at('pids')) &&
        readFileSync(lab.at('pids'), 'utf8') !== '' &&
        lab.model.requests.length === 1,
    );
    for (const { pid } of servers(lab)) process.kill(pid, 'SIGKILL');
    expect(await turn.ended).toMatchObject({ type: 'error', kind: 'process_died' });
    const pids = readFileSync(lab.at('pids'), 'utf8').trim().split('\n').map(Number);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('ends the agents of a turn with the turn', async () => {
    let asked = 0;
    await using lab = await openServed(async (request) => {
      if (userTexts(request).includes('CHILD WORK')) {
        asked += 1;
        return [{ call: { name: 'exec_command', arguments: { cmd: 'sleep 0.1' } } }];
      }
      if (userTexts(request).at(-1) === 'again') return [{ text: 'hi' }];
      if (outputsSince(request).length === 0)
        return [
          {
            call: {
              name: 'spawn_agent',
              namespace: 'multi_agent_v1',
              arguments: { message: 'CHILD WORK' },
            },
          },
        ];
      await until(() => asked > 1);
      return [{ text: 'done' }];
    });
    const plugin = await lab.start();
    expect((await say(lab, plugin, 'go').response)['result'].outcome).toBe('completed');
    // The last request of the agent may be on its way when its turn ends.
    await say(lab, plugin, 'again').response;
    const before = asked;
    for (let turn = 0; turn < 5; turn += 1) await say(lab, plugin, 'again').response;
    expect([before > 1, asked]).toEqual([true, before]);
  });

  it('unloads a thread with a goal, so that no turn starts by itself', async () => {
    await using lab = await openServed((_, nth) =>
      nth === 0
        ? [{ call: { name: 'create_goal', arguments: { objective: 'go on' } } }]
        : [{ text: 'hi' }],
    );
    const plugin = await lab.start();
    for (const text of ['one', 'two', 'three'])
      expect((await say(lab, plugin, text).response)['result'].outcome).toBe('completed');
    expect(lab.model.requests).toHaveLength(4);
  });

  it('does not mark a workspace as trusted, and does not change config.toml', async () => {
    await using lab = await openServed();
    mkdirSync(lab.at('workspace/.codex'));
    writeFileSync(
      lab.at('workspace/.codex/config.toml'),
      `[mcp_servers.stranger]\ncommand = "touch"\nargs = [${JSON.stringify(lab.at('touched'))}]\n`,
    );
    const before = readFileSync(lab.at('codex/config.toml'), 'utf8');
    const plugin = await lab.start();
    for (const text of ['one', 'two'])
      expect((await say(lab, plugin, text).response)['result'].outcome).toBe('completed');
    expect(readFileSync(lab.at('codex/config.toml'), 'utf8')).toBe(before);
    // An older codex can only be kept from writing by trusting it.
    expect(existsSync(lab.at('touched'))).toBe(!codexCan(codexVersion, 'asksForTrust'));
  });

  it('that hangs is killed when the deadline of its first new or resumed turn expires', async () => {
    await using lab = await openServed((request) => [{ text: userTexts(request).at(-1) ?? '' }], {
      first_event_timeout_ms: 3_000,
      grace_ms: 0,
    });
    const plugin = await lab.start();
    // On a busy machine a healthy app-server may need longer than the deadline, too.
    const completed = async (text: string): Promise<string> => {
      const turn = say(lab, plugin, text);
      return (await turn.response)['result'].outcome === 'completed'
        ? textOf(turn)
        : completed(text);
    };
    for (const stuck of ['resumed', 'new']) {
      await completed('hello');
      for (const { pid } of servers(lab)) process.kill(pid, 'SIGSTOP');
      if (stuck === 'new') rmSync(lab.at('workspace/.plexum-codex-session'));
      expect(await say(lab, plugin, stuck).ended).toMatchObject({ type: 'error', kind: 'timeout' });
    }
    expect(await completed('next')).toBe('next');
  });

  it('drops and logs a line over the limit, and no turn hangs', async () => {
    await using lab = await openServed(
      (request) => [{ text: userTexts(request).at(-1) === 'long' ? 'x'.repeat(100_000) : 'short' }],
      {
        max_line_bytes: 50_000,
      },
    );
    const plugin = await lab.start();
    const long = await say(lab, plugin, 'long').ended;
    // Where the end of the turn holds its last message, it is too long with it.
    expect(long['type']).toBe(codexDoes('endHoldsMessage') ? 'error' : 'message_end');
    expect(plugin.logs.map(({ data }) => data.msg)).toContainEqual(
      expect.stringContaining('max_line_bytes in config.json is 50000'),
    );
    const short = say(lab, plugin, 'short');
    await short.response;
    expect(textOf(short)).toBe('short');
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

  it('leaves no process when its plugin exits', async () => {
    await using lab = await openServed();
    const plugin = await lab.start();
    await say(lab, plugin, 'one').response;
    const before = servers(lab);
    expect(before).toHaveLength(1);
    await plugin.stop();
    await until(() => before.every(({ pid }) => !isAlive(pid)));
    expect(existsSync(lab.at('profile/plugins/plexum-openai-provider/turns'))).toBe(false);
  });

  it('that cannot start is replaced by codex exec with a warning, or fails the turn when it is required', async () => {
    for (const required of [false, true]) {
      await using lab = await openServed(undefined, {
        app_server_required: required,
        extra_args: ['--add-dir', '/'],
      });
      const plugin = await lab.start();
      const end = await say(lab, plugin, 'hello').ended;
      const warned = plugin.logs
        .filter(({ level }) => level === 'warning')
        .map(({ data }) => data.msg);
      expect(end['type']).toBe(required ? 'error' : 'message_end');
      expect(warned).toEqual(
        required
          ? []
          : [expect.stringContaining('codex exec runs this turn: --add-dir / in extra_args')],
      );
    }
  });

  /** A codex whose app-server does something else. */
  const odd = (lab: Lab, command: string): string => {
    const file = lab.at('odd-codex');
    writeFileSync(
      file,
      `#!/bin/sh\nif [ "$1" = app-server ]; then ${command}; fi\nexec ${realCodex} "$@"\n`,
      { mode: 0o700 },
    );
    return file;
  };

  it('that never answers does not delay a cancelled turn', async () => {
    await using lab = await openServed();
    lab.configure({
      binary: odd(lab, `echo > ${lab.at('begun')}; exec sleep 600`),
      transport: 'app-server',
      app_server_required: true,
    });
    const plugin = await lab.start();
    const turn = say(lab, plugin, 'hi');
    await until(() => existsSync(lab.at('begun')));
    plugin.cancel(turn.id);
    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    const next = say(lab, plugin, 'hi');
    plugin.cancel(next.id);
    expect(await next.ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
  });

  it('that could not start is not started again for every turn', async () => {
    await using lab = await openServed();
    lab.configure({
      binary: odd(lab, `echo >> ${lab.at('begun')}; exit 3`),
      transport: 'app-server',
    });
    const plugin = await lab.start();
    for (const text of ['one', 'two'])
      expect((await say(lab, plugin, text).response)['result'].outcome).toBe('completed');
    expect(readFileSync(lab.at('begun'), 'utf8')).toBe('\n');
    expect(
      plugin.logs.filter(({ data }) =>
        String(data.msg).includes('codex exec runs this turn: codex app-server exited with code 3'),
      ),
    ).toHaveLength(2);
  });

  it.each(['exec', 'app-server'])(
    'explains how to continue a thread that this version or a newer one cannot read, by %s',
    async (transport) => {
      await using lab = await openLab();
      const ends: unknown[] = [];
      for (const binary of [codexOf(NEWEST), realCodex, codexOf(NEWEST)]) {
        lab.configure({ binary, transport });
        const plugin = await lab.start();
        ends.push((await say(lab, plugin, 'go').ended)['message'] ?? 'well');
        await plugin.stop();
      }
      const explained = expect.stringContaining('remove .plexum-codex-session');
      const keepsNumbers = codexDoes('keepsNumbers');
      const refuses = codexDoes('refusesNumbered') && !keepsNumbers;
      expect(ends).toEqual([
        'well',
        refuses ? explained : 'well',
        refuses || keepsNumbers ? 'well' : explained,
      ]);
    },
  );
});
