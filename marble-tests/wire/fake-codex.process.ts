import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { fakeCodex, openLab } from '../support/lab.js';
import { isAlive, until } from '../support/processes.js';

const SOME_ID = '01a1fb66-da72-74a1-b1d7-516b533534cb';

/** A codex that ignores SIGINT, says the pid of its child and never ends. */
const STUBBORN = JSON.stringify([
  { out: [{ type: 'thread.started', thread_id: SOME_ID }] },
  { ignore: ['SIGINT'] },
  { child: { away: true } },
  { wait: 1e8 },
]);

describe('a fake codex', () => {
  it('passes on a message of 64 MB', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const turn = (await lab.start()).stream(
      turnParams(
        lab.workspace,
        JSON.stringify([{ long: 64 * 1024 * 1024 }, { out: [{ type: 'turn.completed' }] }]),
      ),
    );
    expect((await turn.response)['result']).toEqual({ outcome: 'completed', events: 3 });
    expect(turn.events[1]?.['event'].text.length).toBe(64 * 1024 * 1024);
  });

  it.each<['stdin EOF' | NodeJS.Signals, NodeJS.Signals]>([
    ['stdin EOF', 'SIGTERM'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGHUP'],
    ['SIGQUIT', 'SIGQUIT'],
  ])('is killed by %s and then %s of the plugin, and no event is lost', async (first, second) => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, STUBBORN));
    await until(() => turn.events.length === 2);
    const pid = Number(turn.events[1]?.['event'].text);

    const end = (by: 'stdin EOF' | NodeJS.Signals): unknown =>
      by === 'stdin EOF' ? plugin.child.stdin.end() : plugin.child.kill(by);
    end(first);
    await new Promise((resolve) => setTimeout(resolve, 50));
    end(second);

    expect((await turn.response)['result']).toEqual({ outcome: 'cancelled', events: 3 });
    expect(await plugin.exited).toEqual({ code: 0, signal: null });
    expect(isAlive(pid)).toBe(false);
  });

  it.each(['stdin EOF', 'SIGTERM'])(
    'is killed by %s of a plugin that gets no core then, and its turn ends with an event',
    async (by) => {
      await using lab = await openLab();
      lab.configure({ binary: fakeCodex });
      const plugin = await lab.start();
      const turn = plugin.stream(turnParams(lab.workspace, STUBBORN));
      await until(() => turn.events.length === 2);
      const pid = Number(turn.events[1]?.['event'].text);
      const queued = plugin.stream(turnParams(lab.workspace, '[]'));
      if (by === 'stdin EOF') plugin.child.stdin.end();
      else plugin.child.kill('SIGTERM');
      // The queued turn ends when the plugin has begun its shutdown.
      await queued.response;
      plugin.child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      plugin.child.kill('SIGCONT');

      expect(await turn.ended).toEqual({
        type: 'message_end',
        stop_reason: 'cancelled',
        usage: expect.anything(),
        thread_id: SOME_ID,
      });
      expect((await turn.response)['result']).toEqual({ outcome: 'cancelled', events: 3 });
      expect(await plugin.exited).toEqual({ code: 0, signal: null });
      await until(() => !isAlive(pid));
    },
  );

  it('has an end of each turn when the plugin gets no core in the midst of its shutdown', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const plugin = await lab.start();
    const turns = ['a', 'b', 'c', 'd'].map((name) =>
      plugin.stream(turnParams(lab.at(name), STUBBORN)),
    );
    await until(() => turns.every(({ events }) => events.length === 2));
    plugin.child.stdin.end();
    // Some of the turns are cancelled by then, and some are not.
    await new Promise((resolve) => setTimeout(resolve, 15));
    plugin.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1_740));
    plugin.child.kill('SIGCONT');

    const responses = await Promise.all(turns.map(({ response }) => response));
    expect(responses.map(({ result }) => result?.outcome)).toEqual(turns.map(() => 'cancelled'));
    expect(turns.map(({ events }) => events.at(-1)?.['event'].type)).toEqual(
      turns.map(() => 'message_end'),
    );
    expect(await plugin.exited).toEqual({ code: 0, signal: null });
  });

  it.each([
    [
      'first event',
      [{ wait: 1_000_000 }],
      { first_event_timeout_ms: 300 },
      'the turn was ended: it did not begin the turn within 300 ms (first_event_timeout_ms)',
    ],
    [
      'idle, with what codex said last',
      [
        {
          out: [
            '{"type":"turn.started"}',
            '{"type":"error","message":"Reconnecting... 1/5 (no network)"}',
          ],
        },
        { ignore: ['SIGINT'] },
        { wait: 1_000_000 },
      ],
      { idle_timeout_ms: 300, grace_ms: 100 },
      'the turn was ended: it gave no sign of life for 300 ms (idle_timeout_ms); it said last: Reconnecting... 1/5 (no network)',
    ],
  ])('is killed when a deadline expires: %s', async (_name, steps, limits, message) => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex, ...limits });
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, JSON.stringify(steps)));
    expect(await turn.ended).toEqual(
      expect.objectContaining({ type: 'error', kind: 'timeout', message: `codex: ${message}` }),
    );
  });

  it('is never blamed for being no codex when it says why it fails', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const plugin = await lab.start();
    const thread = { out: [{ type: 'thread.started', thread_id: SOME_ID }] };
    const said = (text: string) => [{ err: `${text}\n` }, { exit: 1 }];
    const runs = [
      said('Error: Your workspace is out of credits. Add credits to continue.'),
      said('Error: the moon is full'),
      [thread, ...said('Error: the moon is full')],
      [{ out: [{ type: 'error', message: 'the moon is full' }] }, { exit: 1 }],
      [thread, { out: [{ type: 'turn.failed', error: { message: 'the moon is full' } }] }],
      said('the moon is full'),
    ];
    const ends = [];
    for (const steps of runs)
      ends.push(await plugin.stream(turnParams(lab.workspace, JSON.stringify(steps))).ended);

    const unknown = {
      kind: 'internal',
      retryable: false,
      message: expect.stringMatching(/^codex: the moon is full \(send the turn again/),
    };
    expect(ends).toMatchObject([
      { kind: 'quota', retryable: false },
      unknown,
      unknown,
      unknown,
      unknown,
      {
        kind: 'process_died',
        message: 'codex: the process exited with code 1: the moon is full',
      },
    ]);
  });

  it('that keeps running after its turn does not delay the terminal event', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const plugin = await lab.start();
    const steps = [
      { out: ['{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}'] },
      { wait: 1_000_000 },
    ];
    const turn = plugin.stream(turnParams(lab.workspace, JSON.stringify(steps)));
    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
  });
});

describe('two plugins on one workspace', () => {
  it('are kept apart by the lock of the plugin when codex has none', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const env = { FAKE_CODEX_VERSION: '0.146.0' };
    const [first, second] = [await lab.start(env), await lab.start(env)];
    const held = first.stream(
      turnParams(
        lab.workspace,
        JSON.stringify([{ out: ['{"type":"turn.started"}'] }, { wait: 1_000_000 }]),
      ),
    );
    await until(() => existsSync(lab.at('workspace/.plexum-codex-session.lock')));
    const refused = second.stream(
      turnParams(lab.workspace, JSON.stringify([{ out: ['{"type":"turn.completed"}'] }])),
    );
    expect(await refused.ended).toMatchObject({
      type: 'error',
      kind: 'thread_busy',
      retryable: true,
      message: expect.stringContaining('another plugin'),
    });
    first.cancel(held.id);
    await held.ended;
    const next = second.stream(
      turnParams(lab.workspace, JSON.stringify([{ out: ['{"type":"turn.completed"}'] }])),
    );
    expect(await next.ended).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    await until(() => readdirSync(lab.workspace).length === 0);
  });

  it('take over the lock of a dead plugin and of an earlier boot, and ignore a lock that is not a file', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const plugin = await lab.start({ FAKE_CODEX_VERSION: '0.146.0' });
    for (const lock of [
      '',
      'garbage',
      JSON.stringify({ boot: 'another', pid: process.pid, startTime: 1 }),
    ]) {
      writeFileSync(lab.at('workspace/.plexum-codex-session.lock'), lock);
      // An empty one counts for 3 s as one that is being written.
      utimesSync(lab.at('workspace/.plexum-codex-session.lock'), 0, 0);
      const turn = plugin.stream(
        turnParams(lab.workspace, JSON.stringify([{ out: ['{"type":"turn.completed"}'] }])),
      );
      expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    }
    await until(() => !existsSync(lab.at('workspace/.plexum-codex-session.lock')));
    mkdirSync(lab.at('workspace/.plexum-codex-session.lock'));
    const turn = plugin.stream(
      turnParams(lab.workspace, JSON.stringify([{ out: ['{"type":"turn.completed"}'] }])),
    );
    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
  });
});
