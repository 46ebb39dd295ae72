import { chmodSync, writeFileSync } from 'node:fs';
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
const startConfined = async (lab: Lab, command: string): Promise<Plugin> => {
  const file = lab.at('confined');
  writeFileSync(file, `#!/bin/sh\nset -- ${executable}\n${command}\n`);
  chmodSync(file, 0o755);
  lab.configure({ binary: fakeCodex, grace_ms: 100 });
  return lab.adopt(await startPlugin(file, { env: lab.env, cwd: lab.dir }));
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
