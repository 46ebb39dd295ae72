import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { lastValueFrom, NEVER, of } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanThread, rememberCommands } from '../../../src/codex/app-server/clean-thread.js';
import { THREAD_MARKER } from '../../../src/codex/app-server/thread-marker.js';
import { turnOnThread } from '../../../src/codex/app-server/turn-on-thread.js';
import { rootOf, signalProcess } from '../../../src/process/process-tree.js';
import { fakeAppServer } from '../../support/app-server.js';
import { isAlive, until } from '../../support/processes.js';

const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) signalProcess(pid, 'SIGKILL');
});

const pidOf = ({ pid = expect.fail('it did not start') }: ChildProcess): number => pid;

/** A command of a thread, in a session of its own. */
const command = (marker: string, file: string, ...args: string[]): ChildProcess => {
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], [THREAD_MARKER]: marker },
  });
  started.push(pidOf(child));
  return child;
};

/** An app-server as old as this process, with the thread T. */
const withThread = (answer?: Parameters<typeof fakeAppServer>[1]) => {
  const marker = randomUUID();
  const seen = new Map<number, number>();
  const { server } = fakeAppServer(NEVER, answer, { root: rootOf(process.pid, '') });
  server.threads.set('T', { settings: '', marker, seen, model: undefined });
  return { server, marker, seen };
};

describe('cleanThread', () => {
  it('ends the commands of its thread, and no other process', async () => {
    const { server, marker, seen } = withThread();
    const own = pidOf(command(marker, 'sleep', '60'));
    const other = pidOf(command(`${marker}-other`, 'sleep', '60'));

    await lastValueFrom(cleanThread(server, 'T'), { defaultValue: undefined });
    expect([isAlive(own), isAlive(other)]).toEqual([false, true]);
    expect(seen.size).toBe(0);
  });

  it.each([
    ['ends', false],
    ['leaves', true],
  ])('%s a daemon when the end of the turn is normal: %s', async (_what, isNormal) => {
    const { server, marker } = withThread();
    const run = "setsid sh -c 'echo $$; exec sleep 60 > /dev/null 2>&1' &";
    const shell = command(marker, 'sh', '-c', run);
    const exited = once(shell, 'exit');
    const [said] = await once(shell.stdout ?? expect.fail('no stdout'), 'data');
    const daemon = Number(said);
    started.push(daemon);
    await exited;

    await lastValueFrom(cleanThread(server, 'T', isNormal), { defaultValue: undefined });
    expect(isAlive(daemon)).toBe(isNormal);
    expect(server.root.left.has(daemon)).toBe(isNormal);
    await lastValueFrom(cleanThread(server, 'T'), { defaultValue: undefined });
    expect(isAlive(daemon)).toBe(isNormal);
  });

  it('ends a remembered command that has left its environment and its parent', async () => {
    const { server, marker, seen } = withThread();
    const shell = command(marker, 'sh', '-c', 'env -i sleep 60 & echo $!; wait');
    const [said] = await once(shell.stdout ?? expect.fail('no stdout'), 'data');
    const stray = Number(said);
    started.push(stray);
    await until(() => !readFileSync(`/proc/${stray}/environ`, 'latin1').includes(marker));
    rememberCommands(server, 'T');
    rememberCommands(server, 'other');
    shell.kill('SIGKILL');
    await once(shell, 'exit');

    expect([...seen.keys()].sort()).toEqual([pidOf(shell), stray].sort());
    await lastValueFrom(cleanThread(server, 'T'), { defaultValue: undefined });
    expect(isAlive(stray)).toBe(false);
  });
});

describe('turnOnThread', () => {
  it.each(['cancelled', 'unsubscribed'])(
    'remembers its commands before it interrupts them when it is %s',
    (how) => {
      const looks: boolean[] = [];
      const { server, marker, seen } = withThread((method) => {
        if (method === 'turn/interrupt') looks.push(seen.has(pid));
        return undefined;
      });
      const pid = pidOf(command(marker, 'sleep', '60'));
      const plan = {
        threadId: 'T',
        cwd: '/',
        model: undefined,
        sandbox: '',
        config: {},
        files: '',
        prompt: '',
        images: [],
      };

      turnOnThread(server, 'T', plan, how === 'cancelled' ? of('now') : NEVER, {
        runInBackground: (work$) => void work$.subscribe(),
      })
        .subscribe()
        .unsubscribe();
      expect(looks[0]).toBe(true);
    },
  );
});
