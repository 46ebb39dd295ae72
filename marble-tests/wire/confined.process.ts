import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startPlugin, turnParams } from '../../scripts/lib/host.mjs';
import { executable, fakeCodex, type Lab, openLab, type Plugin } from '../support/lab.js';
import { processesOf, until } from '../support/processes.js';

const hello = [{ out: ['{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}'] }];
/** A codex with a child, both of which do not end for SIGINT. */
const stubborn = [{ ignore: ['SIGINT'] }, { child: { hold: true } }, { wait: 1e6 }];
const turnOf = (lab: Lab, steps: unknown) => turnParams(lab.workspace, JSON.stringify(steps));

/** Namespaces need root; another user is root in a user namespace of his own. */
const unshare = `unshare ${process.getuid?.() === 0 ? '' : '--map-root-user'}`;

/** Whether a process is the plugin, or one of those that confine it. */
const isOfPlugin = ({ args }: { readonly args: readonly string[] }): boolean =>
  args.includes(executable);

/** Starts the plugin by a shell command, in which "$1" is the executable. */
const startConfined = async (
  lab: Lab,
  command: string,
  env: Record<string, string> = {},
): Promise<Plugin> => {
  const file = lab.at('confined');
  writeFileSync(file, `#!/bin/sh\nset -- ${executable}\n${command}\n`);
  chmodSync(file, 0o755);
  lab.configure({ binary: fakeCodex, grace_ms: 100 });
  return lab.adopt(await startPlugin(file, { env: { ...lab.env, ...env }, cwd: lab.dir }));
};

describe.each([
  ['within 1 GB of address space', 'exec prlimit --as=1073741824 "$1"'],
  ['without /proc', `exec ${unshare} --mount sh -c 'mount -t tmpfs none /proc; exec "$0"' "$1"`],
  ['with the /proc of another pid namespace', `exec ${unshare} --pid --fork "$1"`],
])('the plugin %s', (_, command) => {
  it('runs a turn', async () => {
    await using lab = await openLab();
    const plugin = await startConfined(lab, command);
    const { ended } = plugin.stream(turnOf(lab, hello));

    expect(await ended).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
  });

  it('cancels a turn whose codex does not end by itself', async () => {
    await using lab = await openLab();
    const plugin = await startConfined(lab, command);
    const { id, ended, events } = plugin.stream(turnOf(lab, stubborn));
    await until(() => events.some(({ event }) => event.type === 'text_delta'));
    plugin.cancel(id);

    expect(await ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    await until(() => processesOf(lab.env['HOME'] ?? '').every(isOfPlugin));
  });
});

describe('plugins of different pid namespaces', () => {
  it('leave the workspaces, the records and the processes of each other alone', async () => {
    await using lab = await openLab();
    // A codex without a lock of its own: the plugin locks the workspace.
    const old = { FAKE_CODEX_VERSION: '0.146.0' };
    const startIn = async (commands: readonly string[]): Promise<Plugin[]> => {
      const plugins: Plugin[] = [];
      for (const command of commands) plugins.push(await startConfined(lab, command, old));
      return plugins;
    };
    const places = [`exec ${unshare} --pid --fork --mount-proc "$1"`, 'exec "$1"'];
    const workspaces = ['inside', 'outside'].map((name) => lab.at(name));
    for (const workspace of workspaces) mkdirSync(workspace);
    const owners = await startIn(places);
    const turns = owners.map((plugin, nth) =>
      plugin.stream(turnParams(workspaces[nth] ?? '', JSON.stringify(stubborn))),
    );
    for (const { events } of turns)
      await until(() => events.some(({ event }) => event.type === 'text_delta'));
    const running = () => processesOf(lab.env['HOME'] ?? '').filter((one) => !isOfPlugin(one));
    /** The plugin has its answer before `codex --version` has exited. */
    const versionsKnown = () =>
      until(() => !running().some(({ args }) => args.includes('--version')));
    await versionsKnown();
    const before = running().map(({ pid }) => pid);
    expect(before).toHaveLength(4);

    const strangers = await startIn(places.toReversed());
    const refused = await Promise.all(
      strangers.map(
        (plugin, nth) =>
          plugin.stream(turnParams(workspaces[nth] ?? '', JSON.stringify(hello))).ended,
      ),
    );
    for (const event of refused)
      expect(event).toMatchObject({
        type: 'error',
        kind: 'thread_busy',
        retryable: true,
        message: expect.stringContaining('of another container'),
      });
    expect(readdirSync(lab.at('profile/plugins/plexum-openai-provider/turns'))).toHaveLength(2);
    await versionsKnown();
    expect(running().map(({ pid }) => pid)).toEqual(before);

    for (const [nth, plugin] of owners.entries()) plugin.cancel(turns[nth]?.id ?? 0);
    for (const { ended } of turns)
      expect(await ended).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    await until(() => running().length === 0);
  });
});
