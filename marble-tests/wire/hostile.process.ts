import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startPlugin, turnParams } from '../../scripts/lib/host.mjs';
import { executable, fakeCodex, type Lab, openLab, type Plugin } from '../support/lab.js';
import { processesOf, until } from '../support/processes.js';

const done = [{ out: ['{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}'] }];
const thread_id = '01a1fb66-da72-74a1-b1d7-516b533534cb';
const hung = [{ out: ['{"type":"turn.started"}'] }, { wait: 1_000_000 }];
const turnOf = (lab: Lab, steps: unknown) => turnParams(lab.workspace, JSON.stringify(steps));

/** A lab with the fake codex. */
const openFake = async (): Promise<Lab> => {
  const lab = await openLab();
  lab.configure({ binary: fakeCodex });
  return lab;
};
const write = (plugin: Plugin, ...pieces: (string | Buffer)[]): void => {
  for (const piece of pieces) plugin.child.stdin.write(piece);
};
const answersTo = (plugin: Plugin, id: unknown) =>
  plugin.frames.filter((frame) => frame['id'] === id && !('method' in frame));

describe('a host that floods the plugin', () => {
  it('receives a response to each of 1,000 concurrent requests, one of them a turn', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    const open = Array.from({ length: 1_000 }, (_, nth) => {
      if (nth === 500) return plugin.stream(turnOf(lab, done)).response;
      return plugin.request(
        ['ping', 'plexum/manifest/read', 'plexum/no/such', 'tools/list'][nth % 4] ?? '',
      );
    });
    const answers = await Promise.all(open);

    expect(answers.filter((answer) => answer['result'] !== undefined)).toHaveLength(750);
    expect(answers[500]?.['result']).toMatchObject({ outcome: 'completed' });
    expect(answers.filter((answer) => answer['error']?.code === -32601)).toHaveLength(250);
  });

  it('starts 1,000 turns of one workspace: the queue takes as many as fit, the others are refused', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    const turns = Array.from({ length: 1_000 }, () => plugin.stream(turnOf(lab, hung)));
    await until(() => plugin.frames.filter((frame) => frame['error'] !== undefined).length > 900);
    for (const { id } of turns) plugin.cancel(id);
    const [first] = turns;
    expect(await first?.ended).toMatchObject({ stop_reason: 'cancelled' });
    await plugin.request('ping');

    const refused = plugin.frames.filter((frame) => frame['error'] !== undefined);
    expect(new Set(refused.map(({ error }) => error.data.kind))).toEqual(new Set(['overloaded']));
    const ended = turns.filter(({ events }) => events.length > 0);
    expect(refused.length + ended.length).toBe(1_000);
    expect((await plugin.stream(turnOf(lab, done)).response)['result'].outcome).toBe('completed');
  });

  it('receives a response to a frame of 100 MB, and an error for a frame over the limit', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    const mega = Buffer.alloc(1024 * 1024, 'x');
    const frame = JSON.stringify({
      jsonrpc: '2.0',
      id: 'large',
      method: 'plexum/provider/stream',
      params: turnParams(lab.workspace, '@'),
    });
    const [before = '', after = ''] = frame.split('@');
    write(plugin, before, ...Array.from({ length: 100 }, () => mega), `${after}\n`);
    await until(() => answersTo(plugin, 'large').length > 0);
    expect(answersTo(plugin, 'large')).toMatchObject([
      { error: { code: -32602, data: { kind: 'prompt_too_large' } } },
    ]);

    write(plugin, ...Array.from({ length: 130 }, () => mega), '\n');
    await until(() => answersTo(plugin, null).length > 0);
    expect(answersTo(plugin, null)).toMatchObject([
      { error: { code: -32700, message: expect.stringContaining(`${130 * mega.length} bytes`) } },
    ]);
    expect(await plugin.request('ping')).toMatchObject({ result: {} });
  });

  it('receives its responses when it closes stdin in the middle of requests', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    const turn = plugin.stream(turnOf(lab, hung));
    await until(() => turn.events.length > 0);
    const late = [
      plugin.request('ping'),
      plugin.stream(turnOf(lab, done)).response,
      plugin.request('plexum/manifest/read'),
    ];
    plugin.child.stdin.end('{"jsonrpc":"2.0","id":"half","meth');
    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    const [pong, second, read] = await Promise.all(late);

    expect([pong?.['result'], read?.['result'].name]).toEqual([{}, 'plexum-openai-provider']);
    expect(second?.['result'] ?? second?.['error']).toBeDefined();
    expect(await plugin.exited).toEqual({ code: 0, signal: null });
  });

  it('may cancel an unknown request, a finished one, one twice, and one that is not yet read', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    for (const id of ['nobody', 0, -1, 1.5, '']) plugin.cancel(id);
    const turn = plugin.stream(turnOf(lab, done));
    await turn.response;
    plugin.cancel(turn.id);
    const early = plugin.stream(turnOf(lab, hung), 'early');
    plugin.cancel('early');
    plugin.cancel('early');
    expect(await early.ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    expect((await plugin.stream(turnOf(lab, done), 'next').response)['result'].outcome).toBe(
      'completed',
    );
    expect(answersTo(plugin, 'early')).toEqual([]);
  });

  it('receives only logs of the level that it has set', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    await plugin.stream(turnOf(lab, done)).response;
    const info = plugin.logs.length;
    await plugin.request('logging/setLevel', { level: 'error' });
    await plugin.stream(turnOf(lab, [{ out: ['noise'] }, ...done])).response;
    await plugin.request('ping');

    expect(info).toBeGreaterThan(0);
    expect(plugin.logs).toHaveLength(info);
  });
});

describe('a full disk', () => {
  /** The plugin, and what it starts, can write no byte into a file. */
  const startFull = async (lab: Lab): Promise<Plugin> => {
    const launcher = lab.at('full-disk');
    writeFileSync(launcher, `#!/bin/sh\ntrap '' XFSZ\nulimit -f 0\nexec '${executable}' "$@"\n`);
    chmodSync(launcher, 0o755);
    return lab.adopt(await startPlugin(launcher, { env: lab.env, cwd: lab.dir }));
  };

  it('does not fail the turn: the thread is not stored, and the host receives a warning', async () => {
    await using lab = await openFake();
    const plugin = await startFull(lab);
    const thread = '01a1fb66-da72-74a1-b1d7-516b533534cb';
    const steps = [
      { out: [JSON.stringify({ type: 'thread.started', thread_id: thread })] },
      ...done,
    ];
    const image = { type: 'image', data_base64: 'iVBORw0KGgo=' };
    const turn = plugin.stream(
      turnParams(lab.workspace, [{ type: 'text', text: JSON.stringify(steps) }, image]),
    );
    // The prompt of the fake codex is JSON: the line about the lost image makes it none.
    await turn.response;
    const second = plugin.stream(turnOf(lab, steps));
    expect((await second.response)['result'].outcome).toBe('completed');
    await plugin.request('ping');

    const warned = plugin.logs
      .filter(({ level }) => level === 'warning')
      .map(({ data }) => data.msg);
    expect(warned).toContainEqual(expect.stringMatching(/thread|session/i));
    expect(readdirSync(lab.workspace)).toEqual([]);
    expect(readdirSync(lab.at('tmp'))).toEqual([]);
  });
});

describe('a workspace that is removed', () => {
  it('during a turn harms neither that turn nor the next one', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    const thread = JSON.stringify({
      type: 'thread.started',
      thread_id: '01a1fb66-da72-74a1-b1d7-516b533534cb',
    });
    const said = '{"type":"item.completed","item":{"type":"agent_message","text":"here"}}';
    const turn = plugin.stream(
      turnOf(lab, [{ out: [said] }, { until: lab.at('removed') }, { out: [thread] }, ...done]),
    );
    await until(() => turn.events.length > 1);
    rmSync(lab.workspace, { recursive: true });
    writeFileSync(lab.at('removed'), '');
    expect((await turn.response)['result'].outcome).toBe('completed');
    expect(existsSync(lab.workspace)).toBe(false);
    expect((await plugin.stream(turnOf(lab, done)).response)['result'].outcome).toBe('completed');
    expect(existsSync(lab.workspace)).toBe(true);
  });
});

it('back-pressure of the host pauses codex, and no event is lost', async () => {
  await using lab = await openFake();
  const plugin = await lab.start();
  const turn = plugin.stream(
    turnOf(lab, [...Array.from({ length: 200 }, () => ({ long: 500_000 })), ...done]),
  );
  await until(() => turn.events.length > 0);
  plugin.child.stdout.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  plugin.child.stdout.resume();
  expect(await turn.response).toMatchObject({ result: { outcome: 'completed', events: 202 } });
});

it('a host that closes only stdout is lost: its turn ends, and nothing is left', async () => {
  await using lab = await openFake();
  const plugin = await lab.start();
  const turn = plugin.stream(turnOf(lab, hung));
  await until(() => turn.events.length > 0);
  plugin.child.stdout.destroy();

  expect(await plugin.exited).toEqual({ code: 0, signal: null });
  // The exit kills the process that prints codex's version, which is gone a moment later.
  await until(() => processesOf(lab.at('home')).length === 0);
});

describe('a host that sends and does not read', () => {
  const COUNT = 60_000;
  const params = { ignored: 'x'.repeat(400) };
  const requests = Array.from(
    { length: COUNT },
    (_, id) =>
      `${JSON.stringify({ jsonrpc: '2.0', id, method: 'plexum/manifest/read', params })}\n`,
  );
  /** Sends 27 MB of requests, more than the plugin keeps. */
  const flood = async (plugin: Plugin): Promise<void> => {
    plugin.child.stdout.pause();
    write(plugin, requests.join(''));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(plugin.child.stdin.writableLength).toBeGreaterThan(0);
  };

  it('receives every answer in order once it reads', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    await flood(plugin);
    const from = plugin.frames.length;
    plugin.child.stdout.resume();
    await until(() => plugin.frames.length - from >= COUNT);

    expect(plugin.frames.slice(-COUNT).map(({ id }) => id)).toEqual(requests.map((_, id) => id));
  });

  it('is noticed when it goes', async () => {
    await using lab = await openFake();
    const plugin = await lab.start();
    const turn = plugin.stream(turnOf(lab, hung));
    await until(() => turn.events.length > 0);
    await flood(plugin);
    plugin.child.stdin.destroy();
    plugin.child.stdout.destroy();

    expect(await plugin.exited).toEqual({ code: 0, signal: null });
    expect(processesOf(lab.at('home'))).toEqual([]);
  });
});

const LOCK = 'workspace/.plexum-codex-session.lock';
it.each(['pipe', 'link'])('a lock file that is a %s does not block the plugin', async (kind) => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex });
  const plugin = await lab.start({ FAKE_CODEX_VERSION: '0.149.0' });
  if (kind === 'pipe') execFileSync('mkfifo', [lab.at(LOCK)]);
  else symlinkSync('/dev/zero', lab.at(LOCK));
  const turn = plugin.stream(turnParams(lab.workspace, JSON.stringify(done)));
  expect(await turn.ended).toMatchObject({ type: 'message_end' });
});

it.each(['pipe', 'link'])('a drift.json that is a %s does not block the plugin', async (kind) => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex });
  const drift = lab.at('profile/plugins/plexum-openai-provider/drift.json');
  if (kind === 'pipe') execFileSync('mkfifo', [drift]);
  else symlinkSync('/dev/zero', drift);
  const plugin = await lab.start();
  await plugin.request('plexum/no/such');
  await until(() => existsSync(drift) && statSync(drift).isFile());
  expect(await plugin.request('ping')).toMatchObject({ result: {} });
});

it('a lack of file descriptors fails the turn and not the plugin', async () => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex, max_concurrent_turns: 40 });
  writeFileSync(lab.at('few'), `#!/bin/sh\nulimit -n 64\nexec '${executable}'\n`);
  chmodSync(lab.at('few'), 0o755);
  const plugin = lab.adopt(await startPlugin(lab.at('few'), { env: lab.env, cwd: lab.dir }));
  const turns = Array.from({ length: 40 }, (_, nth) => {
    mkdirSync(lab.at(`w${nth}`));
    return plugin.stream(turnParams(lab.at(`w${nth}`), JSON.stringify([{ wait: 400 }, ...done])));
  });
  const ends = await Promise.all(
    turns.map(({ ended }) =>
      Promise.race([ended, plugin.closed.then(() => ({ type: 'the plugin is gone' }))]),
    ),
  );
  expect(
    ends.filter(
      (end) => !(end.type === 'message_end' || ('kind' in end && end.kind === 'overloaded')),
    ),
  ).toEqual([]);
});

it('the stderr of a tool neither explains why codex was killed nor drops the thread', async () => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex });
  writeFileSync(lab.at('workspace/.plexum-codex-session'), thread_id);
  const plugin = await lab.start();
  for (const said of [
    'no rollout found for thread id.txt',
    'tests/config.toml',
    'connection refused',
    '401 Unauthorized',
  ]) {
    const err = `2026-01-01T00:00:00Z ERROR codex_core::tools::router: error=apply_patch verification failed: Failed to read file to update ${said}\n`;
    const turn = plugin.stream(
      turnParams(
        lab.workspace,
        JSON.stringify([
          { out: [{ type: 'thread.started', thread_id }] },
          { err },
          { kill: 'SIGKILL' },
        ]),
      ),
    );
    expect(await turn.ended).toMatchObject({
      kind: 'process_died',
      message: expect.stringContaining('SIGKILL'),
    });
  }
});
