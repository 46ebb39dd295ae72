import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mergeMap, type Observable, of } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { endWithParent, isSetprivFailure } from '../../src/process/parent-death.js';
import type { ProcessRun, ProcessSignal } from '../../src/process/run.js';
import { type Marbles, marbles } from '../support/marbles.js';
import { testSynchronousStop } from '../support/unsubscription.js';

const root = mkdtempSync(path.join(tmpdir(), 'plexum-parent-death-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const exited = { type: 'exited', code: 0, signal: null, stderr: '' } as const;
const signals: Record<string, ProcessSignal> = {
  o: { type: 'stdout', chunk: Buffer.from('o') },
  x: exited,
  f: { ...exited, code: 1, stderr: 'setpriv: unrecognized option\n' },
  k: { ...exited, code: null, signal: 'SIGKILL' },
};

/** A run whose PATH leads to a setpriv of its own: what is known of another test is not known. */
const runWith = (files: Readonly<Record<string, number>> = { setpriv: 0o755, codex: 0o755 }) => {
  const dir = mkdtempSync(path.join(root, 'bin-'));
  for (const [name, mode] of Object.entries(files))
    writeFileSync(path.join(dir, name), '', { mode });
  const run: ProcessRun = {
    file: path.join(dir, 'codex'),
    args: ['exec', '-'],
    cwd: '/w',
    env: { PATH: `/nowhere:${dir}` },
    stdin: 'hi',
    endsWithParent: true,
  };
  const setpriv = path.join(dir, 'setpriv');
  const tied = { ...run, file: setpriv, args: ['--pdeathsig', 'INT', '--', run.file, 'exec', '-'] };
  return { dir, run, runs: { r: run, t: tied } };
};

/** A port `process$` that keeps the probes. */
const probing = (process$: Observable<ProcessSignal>) => {
  const probes: ProcessRun[] = [];
  const probe$ = (probe: ProcessRun): Observable<ProcessSignal> => {
    probes.push(probe);
    return process$;
  };
  return { probes, probe$ };
};

/** Expects that the run is emitted as it is at once, without a probe. */
const expectAsIs = ({ cold, expectObservable, expectSubscriptions }: Marbles, run: ProcessRun) => {
  const probe = cold('     --(x|)', signals);
  const expected = '       (r|)  ';

  expectObservable(endWithParent(run, () => probe)).toBe(expected, { r: run });
  expectSubscriptions(probe.subscriptions).toBe([]);
};

describe.runIf(process.platform === 'linux')('endWithParent', () => {
  it(
    'emits the run through setpriv when the probe has exited with 0',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const probe = cold('     -o-(x|)', signals);
      const subs = '           ^--!   ';
      const expected = '       ---(t|)';
      const { run, runs } = runWith();
      const { probes, probe$ } = probing(probe);

      expectObservable(endWithParent(run, probe$)).toBe(expected, runs);
      expectSubscriptions(probe.subscriptions).toBe(subs);
      flush();
      expect(probes).toEqual([
        { ...runs.t, args: ['--pdeathsig', 'INT', '--', 'true'], stdin: '' },
      ]);
    }),
  );

  it.each([
    ['exits with another code', '--(f|)'],
    ['is killed', '             --(k|)'],
    ['emits no exit', '         --|   '],
  ])('emits the run as it is when the probe %s, and does not probe again', (_what, line) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const probe = cold(line, signals);
      const subs = '           ^-!      ';
      const later = '          ----^    ';
      const first = '          --(r|)   ';
      const second = '         ----(r|) ';
      const { run, runs } = runWith();
      const run$ = endWithParent(run, () => probe);

      expectObservable(run$).toBe(first, runs);
      expectObservable(run$, later).toBe(second, runs);
      expectSubscriptions(probe.subscriptions).toBe(subs);
    })();
  });

  it(
    'probes a setpriv once, and emits later runs at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const probe = cold('     --(x|)   ', signals);
      const subs = '           ^-!      ';
      const later = '          -----^   ';
      const first = '          --(t|)   ';
      const second = '         -----(t|)';
      const { run, runs } = runWith();
      const run$ = endWithParent(run, () => probe);

      expectObservable(run$).toBe(first, runs);
      expectObservable(run$, later).toBe(second, runs);
      expectSubscriptions(probe.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the run as it is when the probe cannot start, and probes again for the next run',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const probe = cold('     --#      ', signals);
      const subs = ['          ^-!      ', '-----^-!'];
      const later = '          -----^   ';
      const first = '          --(r|)   ';
      const second = '         -------(r|)';
      const { run, runs } = runWith();
      const run$ = endWithParent(run, () => probe);

      expectObservable(run$).toBe(first, runs);
      expectObservable(run$, later).toBe(second, runs);
      expectSubscriptions(probe.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['a setpriv that names the option', '\x7fELF\0\0pdeathsig\0', '(t|)  '],
    ['a setpriv that does not', '        \x7fELF\0\0reuid\0', '    --(t|)'],
    ['a script that names it', '    #!/bin/sh\n# pdeathsig\n', '--(t|)'],
  ])('probes %s, unless it is known to have the option', (_what, content, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const probe = cold('--(x|)', signals);
      const { dir, run, runs } = runWith();
      writeFileSync(path.join(dir, 'setpriv'), content.trim());

      expectObservable(endWithParent(run, () => probe)).toBe(expected, runs);
      expectSubscriptions(probe.subscriptions).toBe(expected.startsWith('(') ? [] : '^-!');
    })();
  });

  it.each([
    ['there is no setpriv', { codex: 0o755 }],
    ['setpriv cannot be executed', { codex: 0o755, setpriv: 0o644 }],
    ['the program cannot be executed', { codex: 0o644, setpriv: 0o755 }],
    ['the program does not exist', { setpriv: 0o755 }],
  ])('emits the run as it is at once when %s', (_what, files) => {
    marbles((helpers) => expectAsIs(helpers, runWith(files).run))();
  });

  it(
    'emits the run as it is at once when the program shall outlive this process',
    marbles((helpers) => {
      const run = { ...runWith().run, endsWithParent: false };

      expectAsIs(helpers, run);
    }),
  );

  it(
    'looks for setpriv in absolute folders of PATH only, and for a file only',
    marbles((helpers) => {
      const { dir, run } = runWith({ codex: 0o755 });
      mkdirSync(path.join(dir, 'setpriv'));
      const relative = path.relative(process.cwd(), runWith().dir);

      expectAsIs(helpers, { ...run, env: { PATH: `${relative}:${dir}` } });
      expectAsIs(helpers, { ...run, env: {} });
    }),
  );

  it(
    'stops the probe when unsubscribed, and probes again for the next run',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const probe = cold('     --(x|)     ', signals);
      const unsub = '          -!         ';
      const later = '          ----^      ';
      const subs = ['          ^!         ', '----^-!'];
      const second = '         ------(t|) ';
      const { run, runs } = runWith();
      const run$ = endWithParent(run, () => probe);

      expectObservable(run$, unsub).toBe('--');
      expectObservable(run$, later).toBe(second, runs);
      expectSubscriptions(probe.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const probe = cold('     --(x|)', signals);
      const unsub = '          -!    ';
      const subs = '           ^!    ';
      const chain$ = of(runWith().run).pipe(
        mergeMap((run) => endWithParent(run, () => probe)),
        mergeMap((run) => of(run)),
      );

      expectObservable(chain$, unsub).toBe('--');
      expectSubscriptions(probe.subscriptions).toBe(subs);
    }),
  );

  testSynchronousStop('oox', signals, (probe$) => endWithParent(runWith().run, () => probe$));
});

describe('isSetprivFailure', () => {
  const failed = { ...exited, code: 127, stderr: 'setpriv: failed to execute codex\n' };

  it.each<readonly [string, ProcessSignal, boolean]>([
    ['a message of setpriv with a failing exit', failed, true],
    ['a message without a line feed', { ...failed, stderr: 'setpriv: no' }, true],
    ['exit code 1', { ...failed, code: 1 }, true],
    ['exit code 0', { ...failed, code: 0 }, false],
    ['a signal', { ...failed, code: null, signal: 'SIGINT' }, false],
    ['a second line', { ...failed, stderr: `${failed.stderr}more\n` }, false],
    ['another program', { ...failed, stderr: 'codex: setpriv: no\n' }, false],
    ['an empty stderr', { ...failed, stderr: '' }, false],
    ['stdout', { type: 'stdout', chunk: Buffer.from(failed.stderr) }, false],
  ])('judges %s', (_what, signal, isFailure) => {
    expect(isSetprivFailure(signal)).toBe(isFailure);
  });
});
