import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BehaviorSubject,
  concat,
  filter,
  firstValueFrom,
  lastValueFrom,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  Subject,
  tap,
  toArray,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codexSignals } from '../../src/codex/exec/codex-signals.js';
import type { Cancel, Exited, ProcessRun, ProcessSignal } from '../../src/process/run.js';
import { spawnProcess } from '../../src/process/spawn.js';
import { SpawnError } from '../../src/process/start.js';
import { fakeCodex } from '../support/lab.js';
import { isAlive, until } from '../support/processes.js';

type Step = Record<string, unknown>;
const run = (...steps: Step[]): ProcessRun => ({
  file: fakeCodex,
  args: ['exec', '-'],
  cwd: tmpdir(),
  env: { PATH: process.env['PATH'] ?? '' },
  stdin: JSON.stringify(steps),
});
const never$: Observable<Cancel> = NEVER;
const cancel = (graceMs: number): Cancel => ({ reason: 'host', graceMs });
const ended = (signals: readonly ProcessSignal[]): Exited | undefined =>
  signals.find((signal) => signal.type === 'exited');
const collected = (source$: Observable<ProcessSignal>): Promise<ProcessSignal[]> =>
  lastValueFrom(source$.pipe(toArray()));
/** The pids that the fake codex prints as messages. */
const pids$ = (source$: Observable<ProcessSignal>): Observable<number> =>
  source$.pipe(
    codexSignals(),
    map((signal) =>
      signal.type === 'item.completed' && signal.item.type === 'agent_message'
        ? Number(signal.item.text)
        : 0,
    ),
    filter((pid) => pid > 0),
  );

describe('spawnProcess', () => {
  it('emits stdout, then exited with the end of stderr', async () => {
    const signals = await collected(
      spawnProcess(run({ out: ['one', 'two'] }, { err: 'oops' }, { exit: 3 }), never$),
    );
    const text = signals
      .map((signal) =>
        signal.type === 'stdout' ? Buffer.from(signal.chunk).toString() : signal.type,
      )
      .join('');

    expect(text).toBe('one\ntwo\nexited');
    expect(signals.at(-1)).toEqual({ type: 'exited', code: 3, signal: null, stderr: 'oops' });
  });

  it('reports the signal that killed the process', async () => {
    expect(ended(await collected(spawnProcess(run({ kill: 'SIGKILL' }), never$)))).toMatchObject({
      code: null,
      signal: 'SIGKILL',
    });
  });

  it.each([
    ['a file that does not exist', { file: '/nowhere/codex' }, 'ENOENT'],
    ['a file that is not executable', { file: '/etc/passwd' }, 'EACCES'],
    ['a path through a file', { file: '/etc/passwd/codex' }, 'ENOTDIR'],
    ['a working directory that does not exist', { cwd: '/nowhere' }, 'ENOENT'],
    ['arguments that are too long', { args: ['x'.repeat(4_000_000)] }, 'E2BIG'],
  ])('fails with SpawnError for %s', async (_, change, code) => {
    const error = await collected(spawnProcess({ ...run(), ...change }, never$)).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SpawnError);
    expect(error).toMatchObject({ code });
  });

  it('fails for an argument with a null byte', async () => {
    await expect(collected(spawnProcess({ ...run(), args: ['a\0b'] }, never$))).rejects.toThrow(
      'null bytes',
    );
  });

  it('emits exited for a process that exits before it has read its stdin', async () => {
    const deaf = {
      ...run(),
      env: { PATH: process.env['PATH'] ?? '', FAKE_CODEX_DEAF: '1' },
      stdin: 'x'.repeat(8_000_000),
    };
    expect(ended(await collected(spawnProcess(deaf, never$)))).toMatchObject({ code: 3 });
  });

  it('starts a process for each subscription', async () => {
    const codex$ = spawnProcess(run({ child: {} }), never$);
    const [one, two] = await Promise.all([
      firstValueFrom(pids$(codex$)),
      firstValueFrom(pids$(codex$)),
    ]);
    expect(one).not.toBe(two);
    await until(() => !isAlive(one) && !isAlive(two));
  });

  it('starts one process in a turn of the event loop, in the order of the subscriptions', async () => {
    await collected(spawnProcess(run(), never$));
    const started: number[] = [];
    const all = [1, 2, 3].map((nth) =>
      collected(spawnProcess(run(), never$, { onStart: () => started.push(nth) })),
    );
    expect(started).toEqual([1]);
    await Promise.all(all);
    expect(started).toEqual([1, 2, 3]);
  });

  it('kills the whole tree of a process that failed before it emits exited', async () => {
    const seen: boolean[] = [];
    const pids: number[] = [];
    const codex$ = spawnProcess(
      run({ child: {} }, { child: { away: true } }, { child: { hold: true } }, { exit: 3 }),
      never$,
    );
    await lastValueFrom(
      pids$(
        codex$.pipe(tap((signal) => signal.type === 'exited' && seen.push(...pids.map(isAlive)))),
      ).pipe(
        tap((pid) => pids.push(pid)),
        toArray(),
      ),
    );

    expect(pids.length).toBe(3);
    expect(seen).toEqual([false, false, false]);
  });

  it('leaves a daemon of a process that has exited with code 0', async () => {
    const codex$ = spawnProcess(run({ child: { away: true } }, { exit: 0 }), never$);
    const pids = await lastValueFrom(pids$(codex$).pipe(toArray()));

    expect(pids.map(isAlive)).toEqual([true]);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  });

  it('emits exited while a process that left the tree holds stdout open', async () => {
    const codex$ = spawnProcess(
      run(
        { child: { away: true, hold: true, env: { PATH: process.env['PATH'] } } },
        { out: ['last'] },
        { exit: 0 },
      ),
      never$,
    );
    const pids: number[] = [];
    const signals: ProcessSignal[] = [];
    await lastValueFrom(
      pids$(codex$.pipe(tap((signal) => signals.push(signal)))).pipe(
        tap((pid) => pids.push(pid)),
        toArray(),
      ),
    );

    expect(ended(signals)).toMatchObject({ code: 0 });
    expect(pids.map(isAlive)).toEqual([true]);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  });

  it('interrupts a process that has closed its stdout and lives on', async () => {
    const signals = await collected(
      spawnProcess(run({ out: ['one'] }, { mute: true }, { wait: 1_000_000 }), never$),
    );
    expect(ended(signals)).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('emits a line of 64 MB', async () => {
    const bytes = await lastValueFrom(
      spawnProcess(run({ long: 64 * 1024 * 1024 }), never$).pipe(
        codexSignals(),
        map((signal) =>
          signal.type === 'item.completed' && signal.item.type === 'agent_message'
            ? signal.item.text.length
            : 0,
        ),
        filter((length) => length > 0),
      ),
    );
    expect(bytes).toBe(64 * 1024 * 1024);
  });

  it('sends SIGINT at a cancel and reports the cancel with the exit', async () => {
    const cancel$ = new Subject<Cancel>();
    const signals = await collected(
      spawnProcess(run({ out: ['ready'] }, { wait: 1e8 }), cancel$).pipe(
        tap((signal) => signal.type === 'stdout' && cancel$.next(cancel(60_000))),
      ),
    );
    expect(signals.at(-1)).toEqual({
      type: 'exited',
      code: null,
      signal: 'SIGINT',
      stderr: '',
      cancelled: cancel(60_000),
    });
  });

  it('kills the tree of a process that ignores SIGINT after the grace period', async () => {
    const cancel$ = new Subject<Cancel>();
    const pids: number[] = [];
    const signals: ProcessSignal[] = [];
    const codex$ = spawnProcess(
      run({ ignore: ['SIGINT', 'SIGTERM', 'SIGHUP'] }, { child: { away: true } }, { wait: 1e8 }),
      cancel$,
    );
    await lastValueFrom(
      pids$(codex$.pipe(tap((signal) => signals.push(signal)))).pipe(
        tap((pid) => {
          pids.push(pid);
          cancel$.next(cancel(50));
        }),
        toArray(),
      ),
    );
    expect(ended(signals)).toMatchObject({ signal: 'SIGKILL', cancelled: cancel(50) });
    expect(pids.map(isAlive)).toEqual([false]);
  });

  it('kills a stopped process after a cancel', async () => {
    const cancel$ = concat(of(cancel(20)), NEVER);
    const signals = await collected(spawnProcess(run({ kill: 'SIGSTOP' }, { wait: 1e8 }), cancel$));
    expect(signals.map(({ type }) => type)).toEqual(['exited']);
  });

  it('ends the process and its descendants after an unsubscribe', async () => {
    const pid = await firstValueFrom(
      pids$(spawnProcess(run({ child: { away: true } }, { wait: 1e8 }), never$)),
    );
    await until(() => !isAlive(pid));
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  it('passes the end of the tree to runInBackground; it completes when the tree is gone', async () => {
    const works: Observable<unknown>[] = [];
    const codex$ = spawnProcess(run({ child: { away: true } }, { wait: 1e8 }), never$, {
      runInBackground: (work$) => void works.push(work$),
    });
    const pid = await firstValueFrom(pids$(codex$));
    expect(works).toHaveLength(1);
    expect(await lastValueFrom(merge(...works).pipe(toArray()))).toEqual([]);
    expect(isAlive(pid)).toBe(false);
  });

  it('pauses the process while ready$ is false and loses no byte', async () => {
    const ready$ = new BehaviorSubject(true);
    let bytes = 0;
    let paused = 0;
    await lastValueFrom(
      spawnProcess(run({ long: 4_000_000 }, { out: ['end'] }), never$, { ready$ }).pipe(
        tap((signal) => {
          if (signal.type !== 'stdout') return;
          expect(ready$.value).toBe(true);
          bytes += signal.chunk.length;
          paused += 1;
          ready$.next(false);
          setImmediate(() => ready$.next(true));
        }),
      ),
    );
    expect(bytes).toBeGreaterThan(4_000_000);
    expect(paused).toBeGreaterThan(1);
  });
});

describe.runIf(process.platform === 'linux')('spawnProcess through a setpriv that fails', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'plexum-setpriv-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['asks it no more that is refused the option', 'set parent death signal failed: no', 2],
    ['asks it again that could not execute the program', 'failed to execute $4: no', 3],
  ])('%s', async (_, message, starts) => {
    const count = path.join(folder, 'starts');
    const setpriv = `#!/bin/sh\necho >> ${count}\n[ "$4" = true ] && exit 0\necho "setpriv: ${message}" >&2\nexit 127\n`;
    writeFileSync(path.join(folder, 'setpriv'), setpriv, { mode: 0o755 });
    const PATH = `${folder}:${process.env['PATH'] ?? ''}`;
    const tied = { ...run({ exit: 3 }), env: { PATH }, endsWithParent: true };

    const turn = async () => ended(await collected(spawnProcess(tied, never$)))?.code;

    expect([await turn(), await turn()]).toEqual([3, 3]);
    expect(readFileSync(count, 'utf8')).toHaveLength(starts);
  });
});

describe('spawnProcess with a records folder', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'records-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const records = (): string[] =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('run-')) : [];

  it('keeps a record from the start of the process until its tree is gone', async () => {
    const seen: [type: string, records: number][] = [];
    const pids: number[] = [];
    await lastValueFrom(
      pids$(
        spawnProcess(run({ child: { away: true } }, { exit: 3 }), never$, {
          recordsFolder: folder,
        }).pipe(tap(({ type }) => seen.push([type, records().length]))),
      ).pipe(
        tap((pid) => pids.push(pid)),
        toArray(),
      ),
    );

    expect(seen[0]).toEqual(['stdout', 1]);
    expect(seen.at(-1)).toEqual(['exited', 1]);
    expect(pids.map(isAlive)).toEqual([false]);
    expect(records()).toEqual([]);
  });

  it('removes the record after an unsubscribe only when the tree is gone', async () => {
    const works: Observable<unknown>[] = [];
    await firstValueFrom(
      spawnProcess(run({ out: ['ready'] }, { wait: 1e8 }), never$, {
        recordsFolder: folder,
        runInBackground: (work$) => void works.push(work$),
      }),
    );
    expect(records()).toHaveLength(1);

    await lastValueFrom(merge(...works).pipe(toArray()));
    expect(records()).toEqual([]);
  });

  it('runs without a record where none can be written', async () => {
    const file = path.join(folder, 'a file');
    writeFileSync(file, '');
    const signals = await collected(
      spawnProcess(run({ exit: 0 }), never$, { recordsFolder: file }),
    );
    expect(ended(signals)).toMatchObject({ code: 0 });
  });
});
