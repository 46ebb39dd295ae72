import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { type ModelRequest, type Step, userTexts } from '../../scripts/lib/model-server.mjs';
import { faultsOf } from '../properties/grammar.js';
import { openLab, realCodex } from '../support/lab.js';
import { isAlive, until } from '../support/processes.js';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SOME_ID = '01a1fb66-da72-74a1-b1d7-516b533534cb';
const text = (...texts: string[]): Step[] => texts.map((each) => ({ text: each }));
const asked = (request: ModelRequest): string => JSON.stringify(request.input);

/**
 * Runs a shell command through codex's own tool when asked to, and answers "done" once it has the
 * output.
 */
const shell =
  (cmd: string) =>
  (request: ModelRequest): Step[] =>
    asked(request).includes('function_call_output')
      ? text('done')
      : [{ call: { name: 'exec_command', arguments: { cmd, yield_time_ms: 60_000 } } }];

describe('a turn of the real codex', () => {
  it('announces a call id once, also when the model gives it to a second call', async () => {
    const call = (cmd: string): Step => ({
      call: { name: 'exec_command', arguments: { cmd }, call_id: 'call_twice' },
    });
    const replies: Step[][] = [[call('echo one'), call('echo two')], [call('echo three')]];
    await using lab = await openLab((_request, nth) => replies[nth] ?? text('done'));
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, 'run'));

    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    const events = turn.events.map(({ event }) => event);
    expect(faultsOf(events)).toEqual([]);
    expect(events.filter(({ type }) => type === 'tool_call_start')).toHaveLength(1);
    const repeats = plugin.logs.filter(({ data }) => /id of an earlier call/.test(data.msg));
    expect(repeats).toHaveLength(1);
  });

  it('emits its events in order, and the second turn resumes the thread of the first', async () => {
    await using lab = await openLab(() => [
      { reasoning: ['**Hm**\n\nLet me see.'] },
      { text: 'first' },
      { text: 'second' },
    ]);
    const plugin = await lab.start();

    const one = plugin.stream(turnParams(lab.workspace, 'remember teal'));
    const oneResponse = await one.response;
    const two = plugin.stream(turnParams(lab.workspace, 'what was it?'));
    const twoResponse = await two.response;

    const thread_id = readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8');
    const usage = {
      input_tokens: 100,
      cached_input_tokens: 40,
      output_tokens: 20,
      reasoning_output_tokens: 8,
    };
    const body = [
      { type: 'thinking_delta', text: '**Hm**\n\nLet me see.' },
      { type: 'text_delta', text: 'first' },
      { type: 'text_delta', text: '\n\nsecond' },
      {
        type: 'message_end',
        stop_reason: 'end_turn',
        usage,
        thread_id,
        context: { used_tokens: 120, window_tokens: 258_400 },
      },
    ];
    const numbered = (id: unknown, events: unknown[]) =>
      events.map((event, seq) => ({ request_id: id, seq, event }));
    expect(thread_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(one.events).toEqual(
      numbered(one.id, [{ type: 'message_start', model: 'codex' }, ...body]),
    );
    expect(two.events).toEqual(
      numbered(two.id, [{ type: 'message_start', model: 'codex', thread_id }, ...body]),
    );
    expect([oneResponse['result'], twoResponse['result']]).toEqual([
      { outcome: 'completed', events: 5 },
      { outcome: 'completed', events: 5 },
    ]);
    expect(lab.model.requests.map(userTexts)).toEqual([
      ['remember teal'],
      ['remember teal', 'what was it?'],
    ]);
    expect(plugin.frames.indexOf(oneResponse)).toBeGreaterThan(
      plugin.frames.findIndex((frame) => frame['params']?.event?.type === 'message_end'),
    );
  });

  it('resumes the thread after a restart of the plugin', async () => {
    await using lab = await openLab();
    const before = await lab.start();
    const { thread_id } = await before.stream(turnParams(lab.workspace, 'one')).ended;
    await before.stop();
    const turn = (await lab.start()).stream(turnParams(lab.workspace, 'two'));
    await turn.response;

    expect(turn.events.at(-1)?.['event'].thread_id).toBe(thread_id);
    expect(lab.model.requests.map(userTexts).at(-1)).toEqual(['one', 'two']);
  });

  it('emits a message before codex has produced the next one', async () => {
    let release: (steps: Step[]) => void = () => undefined;
    const held = new Promise<Step[]>((resolve) => (release = resolve));
    await using lab = await openLab((request) =>
      asked(request).includes('function_call_output')
        ? held
        : [{ text: 'early' }, { call: { name: 'exec_command', arguments: { cmd: 'true' } } }],
    );
    const turn = (await lab.start()).stream(turnParams(lab.workspace, 'go'));

    await until(() => turn.events.some(({ event }) => event.text === 'early'));
    release(text('late'));
    await turn.response;

    expect(turn.events.map(({ event }) => event.text).filter(Boolean)).toEqual([
      'early',
      '\n\nlate',
    ]);
  });

  it('runs agents concurrently, each on its own thread', async () => {
    await using lab = await openLab((request) => text(`you are ${userTexts(request).at(-1)}`));
    const plugin = await lab.start();
    const turns = ['home', 'tmp', 'workspace'].map((name) =>
      plugin.stream(turnParams(lab.at(name), name)),
    );
    await Promise.all(turns.map(({ response }) => response));

    expect(turns.map(({ events }) => events[1]?.['event'].text)).toEqual([
      'you are home',
      'you are tmp',
      'you are workspace',
    ]);
    expect(new Set(turns.map(({ events }) => events.at(-1)?.['event'].thread_id)).size).toBe(3);
  });

  it('runs two turns of one workspace in order', async () => {
    await using lab = await openLab();
    const plugin = await lab.start();
    const turns = [
      plugin.stream(turnParams(lab.workspace, 'one')),
      plugin.stream(turnParams(lab.workspace, 'two')),
    ];
    await Promise.all(turns.map(({ response }) => response));

    const order = plugin.frames
      .filter(({ method }) => method === 'notifications/plexum/provider/event')
      .map(({ params }) => params.request_id);
    expect(order).toEqual(order.toSorted());
    expect(lab.model.requests.map(userTexts)).toEqual([['one'], ['one', 'two']]);
  });

  it('treats every path to a workspace as the same workspace', async () => {
    await using lab = await openLab();
    symlinkSync(lab.workspace, lab.at('alias'));
    const plugin = await lab.start();
    await Promise.all(
      ['workspace', 'alias'].map((name) => plugin.stream(turnParams(lab.at(name), name)).response),
    );

    expect(lab.model.requests.map(userTexts)).toEqual([['workspace'], ['workspace', 'alias']]);
  });

  it('ends with a typed error when the model fails', async () => {
    await using lab = await openLab(() => [
      { status: 401, body: { error: { message: 'Incorrect API key provided: sk-x.' } } },
    ]);
    const turn = (await lab.start()).stream(turnParams(lab.workspace, 'hello'));
    const { result } = await turn.response;

    expect(result).toEqual({ outcome: 'failed', events: 2 });
    expect(turn.events.at(-1)?.['event']).toMatchObject({
      type: 'error',
      kind: 'auth',
      retryable: false,
    });
  });
});

describe('the limits of an account', () => {
  const reset = Math.floor(Date.now() / 1_000) + 7_200;
  const reached = (type?: string) => ({
    status: 429,
    headers: {
      'x-codex-primary-used-percent': '100',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': String(reset),
      ...(type === undefined ? {} : { 'x-codex-rate-limit-reached-type': type }),
    },
    body: { error: { type: 'usage_limit_reached', message: '', resets_at: reset } },
  });

  it('end the turn with their kind, and with the time of their reset', async () => {
    const replies: readonly Step[] = [
      reached('workspace_owner_credits_depleted'),
      reached('workspace_member_usage_limit_reached'),
      { status: 429, body: { error: { type: 'usage_not_included', message: '' } } },
      { failed: { code: 'cyber_policy', message: 'This request was flagged for its words.' } },
      reached(),
    ];
    await using lab = await openLab((_request, nth) => replies.slice(nth, nth + 1));
    const plugin = await lab.start({ TZ: 'Asia/Kolkata' });
    const ends = [];
    for (const nth of replies.keys())
      ends.push(await plugin.stream(turnParams(lab.workspace, `turn ${nth}`)).ended);

    expect(ends).toMatchObject(
      ['quota', 'quota', 'quota', 'content_filtered', 'usage_limit'].map((kind) => ({
        type: 'error',
        kind,
        retryable: false,
      })),
    );
    const used = plugin.logs.filter(({ data }) => data.msg.includes('100 % of the account'));
    expect(used).toMatchObject([{ level: 'warning', data: { window_minutes: 300 } }]);
    expect(ends.map((end) => 'retry_after_ms' in end)).toEqual([false, false, false, false, true]);
    const wait = Number(ends[4]?.['retry_after_ms']);
    expect(Math.abs(reset * 1_000 - Date.now() - wait)).toBeLessThan(600_000);
  });
});

describe('models', () => {
  it('follow the model id of the turn, also when a thread is resumed', async () => {
    const models = { codex: 'gpt-5.5', '': 'gpt-5.5', 'gpt-5.4': 'gpt-5.4', fast: 'gpt-5.1' };
    await using lab = await openLab();
    lab.configure({ binary: realCodex, model_args: { fast: 'gpt-5.1' } });
    const plugin = await lab.start();
    // Turns of several agents run at once.
    await Promise.all(
      Object.keys(models).map(async (id) => {
        const workspace = lab.at(`workspace-${id}`);
        mkdirSync(workspace);
        await plugin.stream(turnParams(workspace, `one of "${id}"`, id)).response;
        await plugin.stream(turnParams(workspace, `two of "${id}"`, id)).response;
      }),
    );

    for (const [id, model] of Object.entries(models))
      expect(
        lab.model.requests
          .filter((request) => userTexts(request).at(-1)?.endsWith(`of "${id}"`))
          .map((request) => request.model),
      ).toEqual([model, model]);
  });

  it('keep the sandbox of the operator when a thread is resumed', async () => {
    await using lab = await openLab();
    lab.configure({
      binary: realCodex,
      extra_args: ['-s', 'read-only', '-c', 'model_reasoning_effort="low"'],
    });
    const plugin = await lab.start();
    await plugin.stream(turnParams(lab.workspace, 'one')).response;
    await plugin.stream(turnParams(lab.workspace, 'two')).response;

    expect(
      lab.model.requests.map((request) => /sandbox_mode` is `([a-z-]+)/.exec(asked(request))?.[1]),
    ).toEqual(['read-only', 'read-only']);
    expect(lab.model.requests.map((request) => JSON.stringify(request))).toEqual([
      expect.stringContaining('"effort":"low"'),
      expect.stringContaining('"effort":"low"'),
    ]);
  });
});

describe('images', () => {
  it('reach the model from data and from unusual paths, and are named in the prompt otherwise', async () => {
    await using lab = await openLab(() => text('seen'));
    writeFileSync(lab.at('workspace/a, b.png'), Buffer.from(PNG, 'base64'));
    const turn = (await lab.start()).stream(
      turnParams(lab.workspace, [
        { type: 'text', text: 'look' },
        { type: 'image', data_base64: PNG, media_type: 'image/png' },
        { type: 'image', path: lab.at('workspace/a, b.png') },
        { type: 'image', url: 'https://example.com/x.png' },
        { type: 'image', path: '/nowhere.png' },
        { type: 'hologram', shape: 7 },
      ]),
    );
    await turn.response;

    const [request] = lab.model.requests;
    const images = request?.input
      .flatMap(({ content }) => (Array.isArray(content) ? content : []))
      .filter(({ type }) => type === 'input_image');
    expect(images?.map(({ image_url }) => image_url)).toEqual([
      `data:image/png;base64,${PNG}`,
      `data:image/png;base64,${PNG}`,
    ]);
    expect(request && asked(request)).toContain('https://example.com/x.png');
    expect(request && asked(request)).toContain('/nowhere.png');
    expect(readdirSync(lab.at('tmp')).filter((name) => name.startsWith('plexum'))).toEqual([]);
  });
});

describe('continuity', () => {
  it('starts a new thread when codex has lost the stored one', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('workspace/.plexum-codex-session'), SOME_ID);
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, 'hello'));
    const { result } = await turn.response;

    expect(result.outcome).toBe('completed');
    expect(
      plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data.thread_id),
    ).toEqual([SOME_ID]);
    expect(readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8')).toBe(
      turn.events.at(-1)?.['event'].thread_id,
    );
    expect(lab.model.requests.length).toBe(1);
  });

  it('starts a new thread when a full disk has truncated the stored id within a character', async () => {
    await using lab = await openLab();
    const plugin = await lab.start();
    const first = plugin.stream(turnParams(lab.workspace, 'hello'));
    await first.response;
    const sessions = lab.at('codex/sessions');
    for (const name of readdirSync(sessions, { recursive: true }).map(String))
      if (name.endsWith('.jsonl'))
        appendFileSync(path.join(sessions, name), Buffer.from('{"text":"é').subarray(0, -1));
    const turn = plugin.stream(turnParams(lab.workspace, 'again'));

    expect((await turn.response)['result'].outcome).toBe('completed');
    expect(turn.events.at(-1)?.['event'].thread_id).toBe(
      readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8'),
    );
  });

  it.each(['../../etc/passwd', '--last', `${SOME_ID} --json`, ''])(
    'treats a session file of %j as absent',
    async (content) => {
      await using lab = await openLab(() => [{ reasoning: ['Hm.'] }, { text: 'Hello.' }]);
      writeFileSync(lab.at('workspace/.plexum-codex-session'), content);
      const plugin = await lab.start();
      const turn = plugin.stream(turnParams(lab.workspace, 'hello'));
      await turn.response;

      expect(turn.events.map(({ event }) => event.type)).toEqual([
        'message_start',
        'thinking_delta',
        'text_delta',
        'message_end',
      ]);
      expect(turn.events[0]?.['event']).not.toHaveProperty('thread_id');
      expect(plugin.logs.filter(({ level }) => level === 'warning').length).toBe(1);
    },
  );

  it('goes on with a thread whose file cannot be written, says so once, and writes it later', async () => {
    await using lab = await openLab();
    const file = lab.at('workspace/.plexum-codex-session');
    mkdirSync(file);
    const plugin = await lab.start();
    const threadOfTurn = async (agent: string): Promise<string> => {
      const params = turnParams(lab.workspace, 'hello');
      const turn = plugin.stream({ ...params, agent: { ...params.agent, agent_id: agent } });
      await turn.response;
      return turn.events.at(-1)?.['event'].thread_id;
    };
    const thread = await threadOfTurn('ada');
    const told = plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data.msg);
    expect(told).toEqual([
      expect.stringContaining('is not a regular file; the turn begins a new thread'),
      expect.stringMatching(
        /^the thread id could not be stored: EISDIR.*: remove \.plexum-codex-session from the workspace$/,
      ),
    ]);
    expect(await threadOfTurn('ada')).toBe(thread);
    expect(plugin.logs.filter(({ level }) => level === 'warning')).toHaveLength(told.length);
    expect(await threadOfTurn('bob')).not.toBe(thread);
    rmSync(file, { recursive: true });
    expect(await threadOfTurn('ada')).toBe(thread);
    expect(readFileSync(file, 'utf8')).toBe(thread);
  });

  it('does not follow a session file that is a link', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('secret'), SOME_ID);
    symlinkSync(lab.at('secret'), lab.at('workspace/.plexum-codex-session'));
    const plugin = await lab.start();
    await plugin.stream(turnParams(lab.workspace, 'hello')).response;

    expect(readFileSync(lab.at('secret'), 'utf8')).toBe(SOME_ID);
    expect(readFileSync(lab.at('workspace/.plexum-codex-session'), 'utf8')).not.toBe(SOME_ID);
  });
});

describe('cancel', () => {
  /** The pids in the complete lines of a file. */
  const pidsIn = (file: string): number[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number) : [];
  const tree =
    'bash -c "trap \'\' INT TERM HUP; echo \\$\\$ >> pids; sleep 3000" & sleep 3000 & echo $! >> pids; echo $$ >> pids; wait';

  it.each(['notifications/cancelled', 'stdin EOF', 'SIGTERM', 'SIGINT'])(
    'by %s kills codex and its whole process tree before the terminal event',
    async (by) => {
      await using lab = await openLab(shell(tree));
      const plugin = await lab.start();
      const turn = plugin.stream(turnParams(lab.workspace, 'run'), 0);
      await until(() => pidsIn(lab.at('workspace/pids')).length === 3);
      const pids = pidsIn(lab.at('workspace/pids'));
      expect(pids.map(isAlive)).toEqual([true, true, true]);

      if (by === 'notifications/cancelled') plugin.cancel(0);
      else if (by === 'stdin EOF') plugin.child.stdin.end();
      else plugin.child.kill(by === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
      const end = await turn.ended;

      expect(pids.map(isAlive)).toEqual([false, false, false]);
      expect(end).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
      if (by === 'notifications/cancelled') {
        const next = plugin.stream(turnParams(lab.workspace, 'and now?'), 1);
        expect((await next.response)['result'].outcome).toBe('completed');
        expect(plugin.frames.filter(({ id }) => id === 0)).toEqual([]);
      } else {
        expect(await turn.response).toMatchObject({
          id: 0,
          result: { outcome: 'cancelled', events: turn.events.length },
        });
        expect(await plugin.exited).toEqual({ code: 0, signal: null });
      }
    },
  );

  it('kills a process that has left the session and cleared its environment', async () => {
    await using lab = await openLab(
      shell('env -i setsid bash -c "echo \\$\\$ >> pids; exec sleep 3000" & wait'),
    );
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, 'run'));
    await until(() => pidsIn(lab.at('workspace/pids')).length === 1);
    const pids = pidsIn(lab.at('workspace/pids'));
    plugin.cancel(turn.id);
    await turn.ended;
    expect(pids.map(isAlive)).toEqual([false]);
  });

  it('of a queued turn completes it at once', async () => {
    await using lab = await openLab(() => [{ hang: true }]);
    const plugin = await lab.start();
    const running = plugin.stream(turnParams(lab.workspace, 'one'));
    const waiting = plugin.stream(turnParams(lab.workspace, 'two'));
    await until(() => lab.model.requests.length === 1 && running.events.length > 0);
    plugin.cancel(waiting.id);

    expect(await waiting.ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    expect(running.events.map(({ event }) => event.type)).toEqual(['message_start']);
  });
});
