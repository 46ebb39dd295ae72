import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import type { Step } from '../../scripts/lib/model-server.mjs';
import { outputsSince } from '../../scripts/lib/model-server.mjs';
import { startStatus, statusAfter, statusText } from '../../src/cli/say/status.js';
import { timelineOf } from '../../src/cli/timeline/timeline-of.js';
import { readRecords } from '../../src/record/turn-record.js';
import { executable, fakeCodex, type Lab, openLab, type Reply, realCodex } from '../support/lab.js';
import { inTime, processesOf, until } from '../support/processes.js';
import { actedOn, HOSTILE, startOnTerminal } from '../support/terminal.js';

/** Starts `say` in the lab's workspace; `stdin` is what it reads, nothing when that stays open. */
const start = (lab: Lab, args: readonly string[], stdin: string | null = '') => {
  const child = spawn(executable, ['say', ...args], { cwd: lab.workspace, env: lab.env });
  if (stdin !== null) child.stdin.end(stdin);
  const seen = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
  const closed = inTime(`the end of say ${args.join(' ')}`, once(child, 'close'), () => seen);
  const ended = closed.then(([code, signal]) => ({ code, signal, ...seen }));
  return { child, seen, ended };
};
const say = (lab: Lab, args: readonly string[], stdin?: string) => start(lab, args, stdin).ended;
const done = (stdout: unknown) => ({ code: 0, signal: null, stdout, stderr: '' });
const events = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const fakeTurn = (...steps: object[]): string =>
  JSON.stringify([...steps, { out: [{ type: 'turn.completed' }] }]);
const spoken = (words: string) => ({
  out: [{ type: 'item.completed', item: { id: 'i', type: 'agent_message', text: words } }],
});

/** A command that leaves a child and ignores every polite signal. */
const stubborn = {
  call: {
    name: 'exec_command',
    arguments: {
      cmd: 'trap "" INT TERM HUP; sleep 991 & sleep 992 & echo started > started; wait',
      yield_time_ms: 30_000,
    },
  },
};

describe('say', () => {
  it('prints the text and resumes the thread of the workspace, unless --new begins another', async () => {
    await using lab = await openLab();
    expect(await say(lab, ['one'])).toEqual(done('You said "one". This thread is new to me.\n'));
    const first = readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8');
    expect(await say(lab, ['two'])).toEqual(done('You said "two". Earlier you said: "one".\n'));
    expect(readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8')).toBe(first);

    expect(await say(lab, ['--new', 'three'])).toEqual(
      done('You said "three". This thread is new to me.\n'),
    );
    expect(readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8')).not.toBe(first);
    expect(await say(lab, ['four'])).toEqual(done('You said "four". Earlier you said: "three".\n'));
  });

  it('reads the text from stdin, for another workspace and model', async () => {
    await using lab = await openLab();
    mkdirSync(lab.at('other'));
    expect(
      await say(lab, ['--workspace', '../other', '--model', 'gpt-5.5'], 'from a pipe\n'),
    ).toEqual(done('You said "from a pipe". This thread is new to me.\n'));
    expect(existsSync(lab.at('other/.plexum-codex-session'))).toBe(true);
    expect(lab.model.requests[0]?.model).toBe('gpt-5.5');
    expect(await say(lab, ['-'], 'ünï\r\n')).toEqual(
      done('You said "ünï". This thread is new to me.\n'),
    );
  });

  it('prints the JSON of the answer with --schema, and exits with 1 when it does not fit', async () => {
    const answers = ['Here:', '{"a": 1.0}', '{"a": "x"}'];
    await using lab = await openLab((_request, nth) =>
      answers.slice(nth === 0 ? 0 : 2, nth === 0 ? 2 : 3).map((each) => ({ text: each })),
    );
    writeFileSync(
      lab.at('workspace/s.json'),
      '{"type":"object","properties":{"a":{"type":"number"}},"required":["a"],"additionalProperties":false}',
    );
    expect(await say(lab, ['--schema', 's.json', 'go'])).toEqual(done('{"a": 1.0}\n'));
    expect(await say(lab, ['--schema', 's.json', 'go'])).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: expect.stringMatching(
        /does not fit the schema: data\/a must be number\n\{"a": "x"\}/,
      ),
    });
  });

  it('prints a message before the turn has completed', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const turn = start(lab, [JSON.stringify([spoken('early'), { wait: 600_000 }])]);
    await until(() => turn.seen.stdout === 'early');
    turn.child.kill('SIGINT');
    expect(await turn.ended).toEqual({ code: 130, signal: null, stdout: 'early\n', stderr: '' });
  });

  it('prints canonical events with --json and thinking with --thinking', async () => {
    await using lab = await openLab();
    const { code, stdout, stderr } = await say(lab, ['--json', '--thinking', 'hello']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: '**Looking back**\n\nWhat was said in this thread?\n',
    });
    expect(events(stdout).map(({ type }) => type)).toEqual([
      'message_start',
      'thinking_delta',
      'text_delta',
      'message_end',
    ]);
  });

  it('prints an error, its kind and whether to try again to stderr', async () => {
    await using lab = await openLab(() => [
      { status: 401, body: { error: { message: 'no such key' } } },
    ]);
    const { code, stdout, stderr } = await say(lab, ['hello']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^codex: .*\(auth; trying again will not help\)\n$/s);
  });

  it.each<[string, string[], RegExp, number?]>([
    [
      'an unknown option',
      ['--nope', 'x'],
      /: unknown option '--nope'; a text that begins with "-" goes after "--"; see say --help\n$/,
      2,
    ],
    [
      'an option without its value',
      ['x', '--model'],
      /: Option '--model <value>' argument missing; see say --help\n$/,
      2,
    ],
    ['an empty value', ['--workspace=', 'x'], /: --workspace needs a value; see say --help\n$/, 2],
    [
      'two texts',
      ['x', 'y'],
      /: one text is said in a turn, and these are 2: put it in quotes; see say --help\n$/,
      2,
    ],
    ['no text', [], /: the text is empty\n$/, 2],
    ['a schema that is not there', ['--schema', 'no.json', 'x'], /no\.json cannot be read: /, 2],
    [
      'a schema that is none',
      ['--schema', '../none.json', 'x'],
      /none\.json is no JSON Schema that can be used: .*type/,
      2,
    ],
    ['a model with a tab', ['--model', 'a\tb', 'x'], /has a line break or another control /, 2],
    [
      'tools that are not there',
      ['--tools', 'nowhere.json', 'x'],
      /nowhere\.json cannot be read: /,
      2,
    ],
    [
      'a workspace that is not there',
      ['--workspace', 'nowhere', 'x'],
      /nowhere is not a directory; create it or correct it \(invalid_request; /,
    ],
  ])('rejects %s with a reason', async (_what, args, words, code = 1) => {
    await using lab = await openLab();
    writeFileSync(lab.at('none.json'), '{"type":"objekt"}');
    expect(await say(lab, args)).toEqual({
      code,
      signal: null,
      stdout: '',
      stderr: expect.stringMatching(words),
    });
    expect(lab.model.requests).toEqual([]);
  });

  it('rejects a broken config by its path and prints the warnings of another', async () => {
    await using lab = await openLab();
    lab.configure({ binary: realCodex, modle_args: {} });
    expect(await say(lab, ['x'])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: .*the key "modle_args" is not known/),
    });
    lab.configure('{');
    expect(await say(lab, ['x'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('config.json is not JSON'),
    });
  });

  it('prints its help', async () => {
    await using lab = await openLab();
    expect(await say(lab, ['--help'])).toEqual(done(expect.stringContaining('--record FILE')));
  });
});

describe('say --tools', () => {
  const call = (name: string, args: object, namespace: string): Step => ({
    call: { name, namespace, arguments: args, call_id: `call_${name}` },
  });
  /** A model that calls a tool once, and then says what came back. */
  const caller =
    (name: string, args: object = {}, agent = 'say') =>
    (request: Parameters<typeof outputsSince>[0]): Step[] => {
      const outputs = outputsSince(request);
      return outputs.length === 0
        ? [call(name, args, `mcp__plexum_host_${agent}`)]
        : [{ text: outputs.join('') }];
    };
  const tool = (name: string, command?: readonly string[]) => ({
    name,
    inputSchema: { type: 'object' },
    ...(command === undefined ? {} : { command }),
  });
  const write = (lab: Lab, tools: unknown): string[] => {
    writeFileSync(lab.at('tools.json'), JSON.stringify(tools));
    return ['--tools', lab.at('tools.json')];
  };

  it('runs a command in the workspace with the arguments on stdin and the result on stdout', async () => {
    await using lab = await openLab(caller('look_up', { a: '$(id) "ü"' }));
    const tools = write(lab, [
      tool('look_up', ['sh', '-c', 'echo "$1 in $PWD:"; cat', 'sh', '$HOME']),
    ]);
    const { code, stdout, stderr } = await say(lab, [...tools, 'go']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of ['$HOME in ', lab.workspace, '$(id)', 'ü']) expect(stdout).toContain(part);
  });

  it.each<[string, string[] | undefined, RegExp]>([
    [
      'fails',
      ['sh', '-c', 'echo no such colour >&2; exit 3'],
      /the command exited with code 3: no such colour/,
    ],
    [
      'says why on stdout',
      ['sh', '-c', 'echo no such colour; exit 3'],
      /the command exited with code 3: no such colour/,
    ],
    ['dies', ['sh', '-c', 'kill -9 $$'], /the command was ended by SIGKILL/],
    [
      'cannot be started',
      ['/nowhere/program'],
      /the command of look_up could not be started: .*ENOENT/,
    ],
    ['has no command', undefined, /the tool look_up has no command in the tools file/],
  ])('reports to the model a command that %s', async (_what, command, words) => {
    await using lab = await openLab(caller('look_up'));
    const { code, stdout } = await say(lab, [...write(lab, [tool('look_up', command)]), 'go']);
    expect(code).toBe(0);
    expect(stdout).toMatch(words);
  });

  it.each(['http', 'stdio'])(
    'ends the commands with the turn, over the bridge %s',
    async (bridge) => {
      await using lab = await openLab(caller('look_up'));
      lab.configure({ binary: realCodex, bridge, grace_ms: 300 });
      const tools = write(lab, [
        tool('look_up', [
          'sh',
          '-c',
          'trap "" INT TERM HUP; sleep 993 & sleep 994 & echo > started; wait',
        ]),
      ]);
      const turn = start(lab, [...tools, 'go']);
      await until(() => existsSync(lab.at('workspace/started')));
      turn.child.kill('SIGINT');
      expect(await turn.ended).toMatchObject({ code: 130, stderr: '' });
      expect(processesOf(lab.at('home'))).toEqual([]);
    },
  );

  it('ends a command that exceeds tool_timeout_ms', async () => {
    await using lab = await openLab(caller('look_up'));
    lab.configure({ binary: realCodex, tool_timeout_ms: 1_000 });
    const { code, stdout } = await say(lab, [
      ...write(lab, [tool('look_up', ['sleep', '995'])]),
      'go',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/did not answer within 1000 ms|timed out/);
    expect(processesOf(lab.at('home'))).toEqual([]);
  });
});

describe('say on Ctrl-C', () => {
  it('cancels the turn', async () => {
    await using lab = await openLab(() => [stubborn]);
    lab.configure({ binary: realCodex, grace_ms: 500 });
    const turn = start(lab, ['--json', '--model', 'gpt-5.5', 'go']);
    await until(() => existsSync(lab.at('workspace/started')));
    turn.child.kill('SIGINT');
    const { code, stdout } = await turn.ended;

    expect(code).toBe(130);
    expect(events(stdout).at(-1)).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    expect(processesOf(lab.at('home'))).toEqual([]);
  });

  it('exits at once on the second Ctrl-C and leaves no process', async () => {
    await using lab = await openLab();
    const script = `#!/bin/sh\n[ "$1" = --version ] && exec ${fakeCodex} --version\ntrap 'echo > asked' INT\n(trap '' INT; sleep 996) & setsid sleep 997 & echo > started\nwhile :; do wait; done\n`;
    writeFileSync(lab.at('shim'), script, { mode: 0o755 });
    lab.configure({ binary: lab.at('shim'), grace_ms: 600_000 });
    const turn = start(lab, ['go']);
    await until(() => existsSync(lab.at('workspace/started')));
    turn.child.kill('SIGINT');
    await until(() => existsSync(lab.at('workspace/asked')));
    turn.child.kill('SIGINT');

    expect(await turn.ended).toEqual({ code: 130, signal: null, stdout: '', stderr: '' });
    await until(() => processesOf(lab.at('home')).length === 0);
  });

  it('exits while it waits for the text on stdin', async () => {
    await using lab = await openLab();
    const turn = start(lab, ['-'], null);
    // More than a pipe holds: when it is written, it is being read.
    await new Promise((read) => turn.child.stdin.write('x'.repeat(2_000_000), read));
    turn.child.kill('SIGINT');
    expect(await turn.ended).toEqual({ code: 130, signal: null, stdout: '', stderr: '' });
  });
});

it('say cancels the turn silently when the reader of stdout closes it', async () => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex, grace_ms: 500 });
  const turn = start(lab, [
    fakeTurn(spoken('one'), { until: lab.at('closed') }, spoken('two'), { wait: 1e8 }),
  ]);
  await until(() => turn.seen.stdout === 'one');
  turn.child.stdout.destroy();
  writeFileSync(lab.at('closed'), '');
  expect(await turn.ended).toMatchObject({ code: 130, stderr: '' });
  expect(processesOf(lab.at('home'))).toEqual([]);
});

describe('say --record', () => {
  const kinds = (file: string) =>
    readRecords(readFileSync(file, 'utf8')).turns.map((turn) =>
      turn.map((line) => Object.keys(line).find((key) => key !== 'ms')),
    );

  it('records the lines of codex and the canonical events, turn after turn', async () => {
    await using lab = await openLab();
    const file = lab.at('record.jsonl');
    await say(lab, ['--record', file, '--agent-id', 'me', 'one']);
    await say(lab, ['--record', '../record.jsonl', 'two with the key sk-1234567890abcdef']);

    const { turns, malformed } = readRecords(readFileSync(file, 'utf8'));
    expect(malformed).toBe(0);
    expect(turns).toHaveLength(2);
    // A line is recorded when it comes; its event may wait for the disk until after the exit.
    for (const turn of kinds(file)) {
      const lines = turn.filter((kind) => kind !== 'event');
      expect(lines).toEqual(['turn', 'raw', 'raw', 'raw', 'raw', 'raw', 'exited']);
      expect(turn).toHaveLength(lines.length + 4);
      expect([turn[1], turn.at(-1)]).toEqual(['event', 'event']);
    }
    expect(turns[0]?.[0]).toEqual({
      ms: expect.any(Number),
      turn: {
        version: 1,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        agent_id: 'me',
        model: 'codex',
        workspace: lab.workspace,
        transport: 'exec',
        text: 'one',
      },
    });
    const times = turns.map((turn) => turn.map(({ ms }) => ms));
    expect(times.map((ms) => ms.toSorted((a, b) => a - b))).toEqual(times);
    expect(readFileSync(file, 'utf8')).not.toContain('1234567890abcdef');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('records the transport, and the same tools and status for either transport', async () => {
    const reply: Reply = (request) =>
      outputsSince(request).length > 0
        ? [{ text: 'done', deltas: 2 }]
        : [
            { text: 'I look.', deltas: 3 },
            { call: { name: 'exec_command', arguments: { cmd: 'echo hi; sleep 0.1' } } },
            { call: { name: 'exec_command', arguments: { cmd: 'sleep 0.1; exit 3' } } },
          ];
    const seen = await Promise.all(
      ['exec', 'app-server'].map(async (transport) => {
        await using lab = await openLab(reply);
        lab.configure({ binary: realCodex, transport, app_server_required: true });
        expect(await say(lab, ['--record', lab.at('record'), 'go'])).toMatchObject({
          code: 0,
          stdout: 'I look.\n\ndone\n',
        });
        const [records = []] = readRecords(readFileSync(lab.at('record'), 'utf8')).turns;
        const { head, tools } = timelineOf(records);
        const told = records.flatMap((record) => ('raw' in record ? [{ raw: record.raw }] : []));
        const status = told.map((_, nth) =>
          statusText(told.slice(0, nth + 1).reduce(statusAfter, startStatus)),
        );
        return {
          transport: head?.transport,
          tools: tools
            .map(({ name, failed, endMs }) => ({ name, failed, ended: endMs !== undefined }))
            .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
          status: [...new Set(status)].toSorted(),
        };
      }),
    );
    const same = {
      tools: [
        { name: 'echo hi; sleep 0.1', failed: false, ended: true },
        { name: 'sleep 0.1; exit 3', failed: true, ended: true },
      ],
      status: ['running echo hi; sleep 0.1', 'running sleep 0.1; exit 3', 'thinking'],
    };
    expect(seen).toEqual([
      { transport: 'exec', ...same },
      { transport: 'app-server', ...same },
    ]);
  });

  it('records that codex exec replaced an app-server that cannot start', async () => {
    await using lab = await openLab();
    lab.configure({ binary: realCodex, transport: 'app-server', extra_args: ['--add-dir', '/'] });
    expect(await say(lab, ['--record', lab.at('record'), 'go'])).toMatchObject({ code: 0 });
    const [records = []] = readRecords(readFileSync(lab.at('record'), 'utf8')).turns;
    expect(timelineOf(records).head?.transport).toBe('exec instead of app-server');
  });

  it('writes one file per turn in the server when record_dir is set', async () => {
    await using lab = await openLab();
    lab.configure({ binary: realCodex, record_dir: 'records/here' });
    const folder = lab.at('profile/plugins/plexum-openai-provider/records/here');
    const plugin = await lab.start();
    await plugin.stream(turnParams(lab.workspace, 'one')).response;
    await plugin.stream({
      ...turnParams(lab.workspace, 'two'),
      agent: { agent_id: '../../x y', workspace: lab.workspace },
    }).response;
    await plugin.stop();

    const files = readdirSync(folder).toSorted();
    expect(files).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-demo-agent\.jsonl$/),
      expect.stringMatching(/Z-______x_y\.jsonl$/),
    ]);
    expect(files.map((file) => kinds(`${folder}/${file}`).map((turn) => turn.at(-1)))).toEqual([
      ['event'],
      ['event'],
    ]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(`${folder}/${files[0] ?? ''}`).mode & 0o777).toBe(0o600);
  });

  it('is complete when the plugin shuts down during the turn', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex, record_dir: lab.at('records') });
    const plugin = await lab.start();
    const turn = plugin.stream(
      turnParams(lab.workspace, JSON.stringify([spoken('early'), { wait: 600_000 }])),
    );
    await until(() => turn.events.length === 2);
    await plugin.stop();

    const [file = ''] = readdirSync(lab.at('records'));
    expect(kinds(lab.at('records', file))).toEqual([
      ['turn', 'event', 'raw', 'event', 'exited', 'event'],
    ]);
  });

  it('warns about a record that cannot be written and completes the turn', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('file'), '');
    lab.configure({ binary: fakeCodex, record_dir: lab.at('file/records') });
    const plugin = await lab.start();
    expect(
      (await plugin.stream(turnParams(lab.workspace, fakeTurn(spoken('one')))).response)['result'],
    ).toMatchObject({ outcome: 'completed' });
    const warned = plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data);
    expect(warned).toEqual([
      expect.objectContaining({
        msg: 'the record of this turn cannot be written',
        error: expect.stringContaining('ENOTDIR'),
        agent_id: 'demo-agent',
      }),
    ]);
    const { code, stderr } = await say(lab, [
      '--record',
      lab.at('nowhere/record'),
      fakeTurn(spoken('one')),
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^warning: the record of this turn cannot be written; error: ENOENT[^\n]*\n$/,
    );
  });

  it('records the wait in the queue and the calls of tools', async () => {
    await using lab = await openLab((request) => {
      const outputs = outputsSince(request);
      return outputs.length > 0 ||
        request.input.every((item) => !JSON.stringify(item).includes('use it'))
        ? [{ text: 'done', pauseMs: 50 }]
        : [{ call: { name: 'look_up', namespace: 'mcp__plexum_host_demo_agent', arguments: {} } }];
    });
    lab.configure({ binary: realCodex, record_dir: lab.at('records') });
    const plugin = await lab.start({}, () => ({ error: { code: -32000, message: 'no' } }));
    const tools = [{ name: 'look_up', inputSchema: { type: 'object' } }];
    const params = turnParams(lab.workspace, 'use it');
    const first = plugin.stream(turnParams(lab.workspace, 'first'));
    const second = plugin.stream({ ...params, request: { ...params.request, tools } });
    await first.response;
    await second.response;
    await plugin.stop();

    const turns = readdirSync(lab.at('records')).flatMap(
      (file) => readRecords(readFileSync(lab.at('records', file), 'utf8')).turns,
    );
    const told = turns.find((turn) => turn.some((line) => 'wait' in line)) ?? [];
    expect(told.filter((line) => 'wait' in line || 'call' in line || 'returned' in line)).toEqual([
      { ms: expect.any(Number), wait: { ahead: 1 } },
      { ms: expect.any(Number), call: { id: 1, tool: 'look_up' } },
      { ms: expect.any(Number), returned: { id: 1, is_error: true } },
    ]);
  });
});

it('say writes the whole text to a slow reader', async () => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex });
  const child = spawn(executable, ['say', fakeTurn({ long: 3_000_000 })], {
    cwd: lab.workspace,
    env: lab.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await until(() => child.stdout.readableLength > 0);
  expect((await text(child.stdout)).length).toBe(3_000_001);
});

describe('say on a terminal', () => {
  const typed = (lab: Lab, prompt: string) =>
    startOnTerminal(lab, '"$SAY" say "$PROMPT"', { SAY: executable, PROMPT: prompt });
  const item = (stage: string) => ({
    out: [
      {
        type: `item.${stage}`,
        item: { id: 'c', type: 'command_execution', command: "/bin/bash -lc 'npm test'" },
      },
    ],
  });

  it('shows a status line, keeps the text intact and prints the tokens at the end', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const turn = typed(
      lab,
      fakeTurn(
        spoken('First.'),
        item('started'),
        { until: lab.at('shown') },
        item('completed'),
        spoken('Then.'),
      ),
    );
    await until(() => turn.seen.screen.includes('running npm test'));
    writeFileSync(lab.at('shown'), '');
    const { code, screen } = await turn.ended;
    expect(code).toBe(0);
    expect(screen).toMatch(/\r\u001b\[2K\S \d+ s running npm test\r\u001b\[2K/);
    const left = screen
      .replaceAll(/\r\u001b\[2K[^\r]*(?=\r\u001b\[2K)/g, '')
      .replaceAll('\r\u001b[2K', '');
    expect(left).toMatch(
      /First\.\r\n\r\nThen\.\r\n\S*0 tokens in \(0 cached\), 0 out, [^\r]+ s\S*\r\n$/,
    );
  });

  it('cancels the turn on a Ctrl-C key', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const turn = typed(lab, JSON.stringify([spoken('First.'), { wait: 600_000 }]));
    await until(() => turn.seen.screen.includes('First.'));
    turn.child.stdin.write('\u0003');
    const { code, screen } = await turn.ended;
    expect(code).toBe(130);
    expect(screen).toContain('cancelled, 0 tokens');
    expect(processesOf(lab.at('home'))).toEqual([]);
  });

  it.each([
    ['a terminal', 'xterm', ''],
    ['a terminal that can do nothing', 'dumb', ''],
    ['a terminal with --json', 'xterm', '--json'],
  ])('prints the hostile words of a model as escapes on %s', async (_, TERM, flag) => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const itemOf = (type: string, fields: object) => ({
      out: [{ type, item: { id: 'h', ...fields } }],
    });
    const PROMPT = JSON.stringify([
      itemOf('item.completed', { type: 'reasoning', text: HOSTILE }),
      itemOf('item.started', { type: 'command_execution', command: HOSTILE }),
      // So that the status line shows the command.
      { wait: 250 },
      itemOf('item.completed', { type: 'agent_message', text: HOSTILE }),
      { out: [{ type: 'turn.failed', error: { message: HOSTILE } }] },
      { err: HOSTILE },
      { exit: 1 },
    ]);
    const { screen } = await startOnTerminal(lab, `"$SAY" say ${flag} --thinking "$PROMPT"`, {
      SAY: executable,
      PROMPT,
      TERM,
    }).ended;

    expect(screen.split('\\u001b]0;pwned\\u0007').length).toBeGreaterThan(3);
    expect(actedOn(screen)).toEqual([]);
  });
});
