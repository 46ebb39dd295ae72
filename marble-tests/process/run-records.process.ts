import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { firstValueFrom, lastValueFrom, map, type Observable, tap, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namesIn } from '../../src/process/files.js';
import { type Root, rootOf, signalProcess } from '../../src/process/process-tree.js';
import { keepRecord } from '../../src/process/run-record.js';
import { endOrphans, findOrphans } from '../../src/process/run-records.js';
import { MARKER, startProcess } from '../../src/process/start.js';
import { marbles } from '../support/marbles.js';
import { isAlive, until } from '../support/processes.js';

let folder = '';
const started: number[] = [];

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'records-')), 'turns');
});
afterEach(() => {
  for (const pid of started.splice(0)) signalProcess(pid, 'SIGKILL');
  rmSync(path.dirname(folder), { recursive: true, force: true });
});

/** A process that waits, as its root. */
const start = async (): Promise<Root> => {
  const marker = randomUUID();
  const { pid } = await firstValueFrom(
    startProcess(
      {
        file: process.execPath,
        args: ['-e', 'setInterval(() => {}, 1e6)'],
        cwd: tmpdir(),
        env: { PATH: process.env['PATH'] ?? '' },
      },
      marker,
    ),
  );
  started.push(pid);
  return rootOf(pid, `${MARKER}=${marker}`);
};
/** Changes the only record, by default to that of a plugin that was killed. */
const rewrite = (change: Readonly<Record<string, unknown>> = killedOwner): void => {
  const [name = ''] = readdirSync(folder);
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
};
const all = <T>(source$: Observable<T>): Promise<T[]> => lastValueFrom(source$.pipe(toArray()));
const killedOwner = { owner: { pid: 2 ** 30, startTime: 1 } };

describe('keepRecord', () => {
  it('creates the folder, and removes it with the last record', async () => {
    const remove = [keepRecord(folder, await start()), keepRecord(folder, await start())];
    expect(readdirSync(folder)).toHaveLength(2);

    remove[0]?.();
    expect(readdirSync(folder)).toHaveLength(1);
    remove[1]?.();
    expect(existsSync(folder)).toBe(false);
  });

  it('writes a record that identifies the process, its owner and the boot', async () => {
    const { pid, startTime, marker } = await start();
    keepRecord(folder, { pid, startTime, marker, seen: new Map(), left: new Map() });
    const [name = ''] = readdirSync(folder);

    expect(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))).toEqual({
      boot: expect.any(String),
      pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/),
      owner: { pid: process.pid, startTime: rootOf(process.pid, '').startTime },
      pid,
      startTime,
      marker,
    });
  });

  it('writes nothing without a folder', async () => {
    expect(keepRecord(undefined, await start())).not.toThrow();
  });

  it('does not throw where no record can be written', async () => {
    writeFileSync(folder, 'a file');
    expect(keepRecord(folder, await start())).not.toThrow();
  });

  it('writes the record within 5 s when that can be done again', async () => {
    const root = await start();
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      writeFileSync(folder, 'a file, as a full disk');
      const free = cold('  6s f              ');
      const look = cold('  9999ms a-a 5s a   ');
      const records = '    9999ms n-y 5s n   ';
      const subs = '       ^                ';
      let remove = (): void => undefined;
      const state$ = look.pipe(
        map(() => (existsSync(folder) && readdirSync(folder).length === 1 ? 'y' : 'n')),
      );

      remove = keepRecord(folder, root);
      expectObservable(free.pipe(tap(() => rmSync(folder)))).toBe('6s f');
      expectObservable(
        state$.pipe(
          tap((state) => {
            if (state === 'y') remove();
          }),
        ),
      ).toBe(records);
      expectSubscriptions(free.subscriptions).toBe(subs);
      expectSubscriptions(look.subscriptions).toBe(subs);
      flush();
      expect(existsSync(folder)).toBe(false);
    })();
  });

  it('keeps a record that was written for daemons before its next try', async () => {
    const root = await start();
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      writeFileSync(folder, 'a file, as a full disk');
      const remove = keepRecord(folder, root);
      const left = cold(' 1s l               ');
      const subs = '      ^                  ';
      const look = cold('  3s a 1999ms a 5s a ').pipe(map(() => namesIn(folder).length));

      expectObservable(
        left.pipe(
          tap(() => {
            rmSync(folder);
            mkdirSync(folder);
            root.onLeft?.();
          }),
        ),
      ).toBe('1s l');
      expectSubscriptions(left.subscriptions).toBe(subs);
      expectObservable(look).toBe('3s 1 1999ms 1 5s 1', { 1: 1 });
      expectObservable(cold('12s r').pipe(tap(remove))).toBe('12s r');
    })();
  });

  it('leaves no record that is cut off by a full disk', async () => {
    const root = await start();
    const { marker, pid, startTime } = root;
    mkdirSync(folder);
    const earlier = path.join(folder, `run-${pid}-${startTime}.json`);
    writeFileSync(earlier, '{"boot":');
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const remove = keepRecord(folder, root);
      const look = cold('5001ms a|');
      const subs = '     ^ 5001ms !';

      expectObservable(
        look.pipe(
          map(() => JSON.parse(readFileSync(earlier, 'utf8')).marker),
          tap(remove),
        ),
      ).toBe('5001ms m|', { m: marker });
      expectSubscriptions(look.subscriptions).toBe(subs);
    })();
  });
});

describe('findOrphans', () => {
  it('emits how many processes of a killed plugin are running, and ends none', async () => {
    const root = await start();
    keepRecord(folder, root);
    rewrite();

    expect(await all(findOrphans(folder))).toEqual([1]);
    expect(isAlive(root.pid)).toBe(true);
  });

  it('emits nothing for a folder that does not exist', async () => {
    expect(await all(findOrphans(folder))).toEqual([]);
  });
});

describe('endOrphans', () => {
  it('kills the processes of a killed plugin, then removes the record and emits their number', async () => {
    const root = await start();
    keepRecord(folder, root);
    rewrite();

    expect(await all(endOrphans(folder))).toEqual([1]);
    await until(() => !isAlive(root.pid));
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves the daemons alone that the killed plugin had let go', async () => {
    const [root, daemon] = [await start(), await start()];
    keepRecord(folder, root);
    root.left.set(daemon.pid, daemon.startTime).set(2 ** 30, 1);
    root.onLeft?.();
    const [name = ''] = readdirSync(folder);
    const record: unknown = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    expect(record).toMatchObject({ left: [[daemon.pid, daemon.startTime]] });
    expect(readdirSync(folder)).toEqual([name]);
    // The record of the daemon's own process: without `left` it would be ended.
    rewrite({ ...killedOwner, pid: daemon.pid, marker: daemon.marker });

    expect(await all(endOrphans(folder))).toEqual([0]);
    expect(isAlive(daemon.pid)).toBe(true);
  });

  it('leaves the processes of a running plugin alone', async () => {
    const root = await start();
    keepRecord(folder, root);

    expect(await all(endOrphans(folder))).toEqual([]);
    expect(isAlive(root.pid)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('leaves the records and processes of another pid namespace alone', async () => {
    const root = await start();
    keepRecord(folder, root);
    rewrite({ ...killedOwner, pidNamespace: 'pid:[1]' });

    expect(await all(findOrphans(folder))).toEqual([]);
    expect(await all(endOrphans(folder))).toEqual([]);
    expect(isAlive(root.pid)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('leaves a process that has reused the pid alone', async () => {
    const root = await start();
    keepRecord(folder, root);
    rewrite({ ...killedOwner, startTime: 1, marker: `${MARKER}=${randomUUID()}` });

    expect(await all(endOrphans(folder))).toEqual([0]);
    expect(isAlive(root.pid)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });

  it('only removes a record of an earlier boot', async () => {
    const root = await start();
    keepRecord(folder, root);
    rewrite({ ...killedOwner, boot: 'earlier' });

    expect(await all(endOrphans(folder))).toEqual([]);
    expect(isAlive(root.pid)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ['is not JSON', 'garbage'],
    ['has no owner', '{"pid":1}'],
    ['has the marker of another program', undefined],
  ])('only removes a record that %s', async (_, text) => {
    const root = await start();
    keepRecord(folder, root);
    const [name = ''] = readdirSync(folder);
    if (text === undefined) rewrite({ ...killedOwner, marker: 'PATH=/usr/bin' });
    else writeFileSync(path.join(folder, name), text);

    expect(await all(endOrphans(folder))).toEqual([]);
    expect(isAlive(root.pid)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });
});
