import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
import { describe, expect, it } from 'vitest';
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
/** The pids that the fake codex tells as messages. */
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

describe('spawnCodex', () => {
  it('emits stdout, then the exit with the end of stderr', async () => {
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

  it('tells the signal that ended it', async () => {
    expect(ended(await collected(spawnProcess(run({ kill: 'SIGKILL' }), never$)))).toMatchObject({
      code: null,
      signal: 'SIGKILL',
    });
  });

  it.each([
    ['a file that is not there', { file: '/nowhere/codex' }, 'ENOENT'],
    ['arguments that are too long', { args: ['x'.repeat(4_000_000)] }, 'E2BIG'],
  ])('fails for %s', async (_, change, code) => {
    const error = await collected(spawnProcess({ ...run(), ...change }, never$)).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SpawnError);
    expect(error).toMatchObject({ code });
  });

  it('fails for an argument that no process can have', async () => {
    await expect(collected(spawnProcess({ ...run(), args: ['a\0b'] }, never$))).rejects.toThrow(
      'null bytes',
    );
  });

  it('does not mind a codex that exits before it has read its prompt', async () => {
    const deaf = {
      ...run(),
      env: { PATH: process.env['PATH'] ?? '', FAKE_CODEX_DEAF: '1' },
      stdin: 'x'.repeat(8_000_000),
    };
    expect(ended(await collected(spawnProcess(deaf, never$)))).toMatchObject({ code: 3 });
  });

  it('starts a process for every subscription', async () => {
    const codex$ = spawnProcess(run({ child: {} }), never$);
    const [one, two] = await Promise.all([
      firstValueFrom(pids$(codex$)),
      firstValueFrom(pids$(codex$)),
    ]);
    expect(one).not.toBe(two);
    await until(() => !isAlive(one) && !isAlive(two));
  });

  it('ends what a codex left behind before it says that it exited', async () => {
    const seen: boolean[] = [];
    const pids: number[] = [];
    const codex$ = spawnProcess(
      run({ child: {} }, { child: { away: true } }, { child: { hold: true } }, { exit: 0 }),
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

  it('is not held up by a process that took our stdout and left every trace behind', async () => {
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

  it('ends a codex that has closed its stdout and lives on', async () => {
    const signals = await collected(
      spawnProcess(run({ out: ['one'] }, { mute: true }, { wait: 1_000_000 }), never$),
    );
    expect(ended(signals)).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('passes a line of 64 MB', async () => {
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
});

describe('cancel', () => {
  it('sends SIGINT, and is told with the exit', async () => {
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

  it('kills the tree of a codex that ignores it, after the grace period', async () => {
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

  it('works for a codex that has closed its stdout, and one that holds still', async () => {
    const cancel$ = concat(of(cancel(20)), NEVER);
    const signals = await collected(spawnProcess(run({ kill: 'SIGSTOP' }, { wait: 1e8 }), cancel$));
    expect(signals.map(({ type }) => type)).toEqual(['exited']);
  });
});

describe('unsubscribe', () => {
  it('ends codex and what it started', async () => {
    const pid = await firstValueFrom(
      pids$(spawnProcess(run({ child: { away: true } }, { wait: 1e8 }), never$)),
    );
    await until(() => !isAlive(pid));
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  it('gives what it cannot wait for to whoever settles it, and that completes when nothing is alive', async () => {
    const works: Observable<unknown>[] = [];
    const codex$ = spawnProcess(
      run({ child: { away: true } }, { wait: 1e8 }),
      never$,
      undefined,
      undefined,
      (work$) => void works.push(work$),
    );
    const pid = await firstValueFrom(pids$(codex$));
    expect(works).toHaveLength(1);
    expect(await lastValueFrom(merge(...works).pipe(toArray()))).toEqual([]);
    expect(isAlive(pid)).toBe(false);
  });
});

describe('back-pressure', () => {
  it('makes codex wait while nobody reads, and loses nothing', async () => {
    const ready$ = new BehaviorSubject(true);
    let bytes = 0;
    let paused = 0;
    await lastValueFrom(
      spawnProcess(run({ long: 4_000_000 }, { out: ['end'] }), never$, ready$).pipe(
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
