import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { outputsSince, userTexts } from '../../scripts/lib/model-server.mjs';
import { codexCan } from '../../src/codex/versions.js';
import { signalProcess } from '../../src/process/process-tree.js';
import { codexVersion, openLab, realCodex, transport } from '../support/lab.js';
import { isAlive, processesOf, until } from '../support/processes.js';

const slow = {
  call: {
    name: 'exec_command',
    arguments: {
      cmd: 'trap "" INT TERM HUP; sleep 991 & sleep 992 & echo started > started; wait',
      yield_time_ms: 30_000,
    },
  },
};
const RECORDS = 'profile/plugins/plexum-openai-provider/turns';

describe('processes that a killed plugin left', () => {
  it('are ended and logged by the next plugin', async () => {
    await using lab = await openLab(() => [slow]);
    lab.configure({ binary: realCodex });
    const first = await lab.start();
    void first.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    await until(() => existsSync(lab.at('workspace/started')));
    // A codex that notices that its plugin is gone ends by itself: this one does not notice.
    const left = processesOf(lab.at('home')).flatMap(({ pid }) =>
      pid === first.child.pid ? [] : [pid],
    );
    for (const pid of left) signalProcess(pid, 'SIGSTOP');
    first.child.kill('SIGKILL');
    await first.exited;
    expect(left.length).toBeGreaterThan(1);
    expect(readdirSync(lab.at(RECORDS))).toHaveLength(1);

    const second = await lab.start();
    await until(() => left.every((pid) => !isAlive(pid)));
    await until(() => !existsSync(lab.at(RECORDS)));
    await until(() => second.logs.length > 0);
    expect(second.logs.map(({ data }) => data)).toEqual([
      {
        msg: 'a plugin that was killed left processes of a turn; they have been ended',
        processes: expect.any(Number),
      },
    ]);
  });

  it('end by themselves, without a new plugin', async () => {
    await using lab = await openLab(() => [slow]);
    lab.configure({ binary: realCodex });
    const plugin = await lab.start();
    void plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    await until(() => existsSync(lab.at('workspace/started')));
    expect(processesOf(lab.at('home')).length).toBeGreaterThan(2);
    plugin.child.kill('SIGKILL');
    await plugin.exited;

    await until(() => processesOf(lab.at('home')).length === 0);
  });

  it('stay alive when their plugin still runs, or when their pid belongs to another process now', async () => {
    await using lab = await openLab(() => [slow]);
    lab.configure({ binary: realCodex });
    const first = await lab.start();
    const turn = first.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    await until(() => existsSync(lab.at('workspace/started')));
    const [record = ''] = readdirSync(lab.at(RECORDS));
    // Of the process of this test, with another start time; and no record at all.
    writeFileSync(
      lab.at(RECORDS, 'run-1-1.json'),
      JSON.stringify({
        boot: '',
        owner: { pid: 1, startTime: 1 },
        pid: process.pid,
        startTime: 1,
        marker: 'PLEXUM_CODEX_RUN=none',
      }),
    );
    writeFileSync(lab.at(RECORDS, 'run-2-2.json'), 'garbage');
    const second = await lab.start();
    await until(() => readdirSync(lab.at(RECORDS)).length === 1);
    expect(readdirSync(lab.at(RECORDS))).toEqual([record]);
    expect((await second.request('ping'))['result']).toEqual({});
    expect(turn.events.some(({ event }) => event.type === 'message_end')).toBe(false);
    first.cancel(turn.id);
    expect(await turn.ended).toMatchObject({ stop_reason: 'cancelled' });
    expect(existsSync(lab.at(RECORDS))).toBe(transport === 'app-server');
  });

  it('do not fail a turn whose record cannot be written', async () => {
    await using lab = await openLab(() => [{ text: 'hello' }]);
    writeFileSync(lab.at(RECORDS), 'a file');
    const plugin = await lab.start();
    expect(
      (await plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5')).response)['result'].outcome,
    ).toBe('completed');
  });
});

describe('a normal end of a turn', () => {
  it('lets the notify program of codex finish, and a daemon live on past the plugin', async () => {
    // codex kills what is still in the session of the command when that ends.
    const daemonize = `setsid sh -c 'echo $$ > daemon; exec sleep 993' > /dev/null 2>&1 &`;
    const cmd = `${daemonize} until [ -s daemon ]; do sleep 0.1; done`;
    await using lab = await openLab((request) =>
      outputsSince(request).length === 0
        ? [{ call: { name: 'exec_command', arguments: { cmd, yield_time_ms: 10_000 } } }]
        : [{ text: 'hello' }],
    );
    lab.configure({ binary: realCodex });
    const notify = lab.at('notify');
    writeFileSync(notify, `#!/bin/sh\nsleep 0.5; echo done > '${notify}.txt'\n`, { mode: 0o755 });
    const toml = lab.at('codex/config.toml');
    writeFileSync(toml, `notify = ["${notify}"]\n${readFileSync(toml, 'utf8')}`);
    const plugin = await lab.start();
    const { response } = plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    expect((await response)['result'].outcome).toBe('completed');
    if (transport === 'app-server') await until(() => existsSync(`${notify}.txt`));
    expect(existsSync(`${notify}.txt`)).toBe(true);

    await plugin.stop();
    await (await lab.start()).request('ping');
    const daemon = Number(readFileSync(lab.at('workspace/daemon'), 'utf8'));
    expect(isAlive(daemon)).toBe(true);
    process.kill(daemon, 'SIGKILL');
  });
});

it('a second writer of a thread is refused by codex from 0.147 on, and by our lock before', async () => {
  await using lab = await openLab((request) =>
    JSON.stringify(request.input).includes('wait here') ? [slow] : [{ text: 'hello' }],
  );
  lab.configure({ binary: realCodex });
  const [first, second] = [await lab.start(), await lab.start()];
  expect(
    (await first.stream(turnParams(lab.workspace, 'hello', 'gpt-5.5')).response)['result'].outcome,
  ).toBe('completed');
  const turn = first.stream(turnParams(lab.workspace, 'wait here', 'gpt-5.5'));
  await until(() => existsSync(lab.at('workspace/started')));
  expect(await second.stream(turnParams(lab.workspace, 'me too', 'gpt-5.5')).ended).toMatchObject({
    type: 'error',
    kind: 'thread_busy',
    retryable: true,
    message: expect.stringContaining(
      codexCan(codexVersion, 'writerLock') ? 'active writer' : 'another plugin',
    ),
  });
  first.cancel(turn.id);
  expect(await turn.ended).toMatchObject({ stop_reason: 'cancelled' });
});

it('two plugins that begin the thread of a workspace at once have one thread in the end', async () => {
  await using lab = await openLab();
  const plugins = [await lab.start(), await lab.start()];
  const begin = plugins.map((plugin) => plugin.stream(turnParams(lab.workspace, 'remember teal')));
  const ends = await Promise.all(begin.map(({ ended }) => ended));
  const won = ends.findIndex(({ type }) => type === 'message_end');

  expect(ends[1 - won]).toMatchObject({
    type: 'error',
    kind: 'thread_busy',
    retryable: true,
    message: expect.stringMatching(/another plugin|active writer/),
  });
  // An app-server keeps its threads until it exits.
  await plugins[won]?.stop();
  const again = await plugins[1 - won]?.stream(turnParams(lab.workspace, 'what was it?')).ended;
  expect(again).toMatchObject({ type: 'message_end', thread_id: ends[won]?.thread_id });
  expect(lab.model.requests.slice(-1).map(userTexts)).toEqual([['remember teal', 'what was it?']]);
});
