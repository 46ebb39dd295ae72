import { concat, defer, EMPTY, mergeMap, NEVER, of, Subject, shareReplay, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { always$ } from '../../src/lines/readable.js';
import { processSignals, type RunningProcess } from '../../src/process/process-signals.js';
import type { Cancel, ProcessSignal } from '../../src/process/run.js';
import type { ExitStatus } from '../../src/process/start.js';
import { marbles } from '../support/marbles.js';

const chunks = { a: Buffer.from('a'), b: Buffer.from('b'), c: Buffer.from('c') };
const statuses: Record<string, ExitStatus> = {
  x: { code: 0, signal: null },
};
const cancels = {
  a: { reason: 'host', graceMs: 8 },
  b: { reason: 'shutdown', graceMs: 3 },
  l: { reason: 'deadline', graceMs: 20_000 },
} satisfies Record<string, Cancel>;
const exited = { type: 'exited', code: 0, signal: null, stderr: '' } as const;
const signals: Record<string, ProcessSignal> = {
  a: { type: 'stdout', chunk: chunks.a },
  b: { type: 'stdout', chunk: chunks.b },
  c: { type: 'stdout', chunk: chunks.c },
  e: exited,
  o: { ...exited, stderr: 'abc' },
  A: { ...exited, cancelled: cancels.a },
  B: { ...exited, cancelled: cancels.b },
  L: { ...exited, cancelled: cancels.l },
};
const flow = { t: true, f: false };

/**
 * A process of marbles. `effect$` emits `i` when it gets SIGINT and `k` when its tree gets SIGKILL.
 */
const processOf = ({
  exit$,
  ...streams
}: Omit<RunningProcess, 'interrupt' | 'kill' | 'killUntilGone$' | 'letEnd$'> &
  Partial<Pick<RunningProcess, 'killUntilGone$' | 'letEnd$'>>) => {
  const effect$ = new Subject<string>();
  const running: RunningProcess = {
    letEnd$: EMPTY,
    killUntilGone$: EMPTY,
    ...streams,
    // An exit is a state as well as an event.
    exit$: exit$.pipe(take(1), shareReplay({ bufferSize: 1, refCount: false })),
    interrupt: () => {
      effect$.next('i');
    },
    kill: () => {
      effect$.next('k');
      return 0;
    },
  };
  return { effect$, running };
};

describe('processSignals', () => {
  it(
    'emits stdout, then exited with the end of stderr once both pipes have closed',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  -a--b----c--|   ', chunks);
      const stderr$ = cold('  --a---b---c---| ', chunks);
      const exit$ = hot('     -----------x    ', statuses);
      const stdoutSubs = '    ^-----------!   ';
      const stderrSubs = '    ^-------------! ';
      const exitSubs = '      ^----------!    ';
      const effects = '       --------------- ';
      const expected = '      -a--b----c----(o|)';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(stdoutSubs);
      expectSubscriptions(stderr$.subscriptions).toBe(stderrSubs);
      expectSubscriptions(exit$.subscriptions).toBe(exitSubs);
    }),
  );

  it(
    'emits exited when the tree is gone, and kills the tree once',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  -a-|     ', chunks);
      const stderr$ = cold('  ---|     ', chunks);
      const exit$ = hot('     --x      ', statuses);
      const tree$ = cold<never>('      ----|  ');
      const treeSubs = '      --^---!  ';
      const expected = '      -a----(e|)';
      const { running } = processOf({ stdout$, stderr$, exit$, killUntilGone$: tree$ });

      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(tree$.subscriptions).toBe(treeSubs);
    }),
  );

  it(
    'lets the tree end after a normal exit before it kills what is left',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  -a-|          ', chunks);
      const stderr$ = cold('  ---|          ', chunks);
      const exit$ = hot('     --x           ', statuses);
      const letEnd$ = cold<true>('     -----|  ');
      const tree$ = cold<never>('    -|        ');
      const letSubs = '       --^----!      ';
      const treeSubs = '      -------^!     ';
      const expected = '      -a------(e|)  ';
      const { running } = processOf({ stdout$, stderr$, exit$, letEnd$, killUntilGone$: tree$ });

      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(letEnd$.subscriptions).toBe(letSubs);
      expectSubscriptions(tree$.subscriptions).toBe(treeSubs);
    }),
  );

  it(
    'does not kill a tree that is gone',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  -a-|     ', chunks);
      const stderr$ = cold('  ---|     ', chunks);
      const exit$ = hot('     --x      ', statuses);
      const letEnd$ = cold('    --(g|) ', { g: true } as const);
      const tree$ = cold<never>('     |  ');
      const letSubs = '       --^-!    ';
      const expected = '      -a--(e|) ';
      const { running } = processOf({ stdout$, stderr$, exit$, letEnd$, killUntilGone$: tree$ });

      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(letEnd$.subscriptions).toBe(letSubs);
      expectSubscriptions(tree$.subscriptions).toBe([]);
    }),
  );

  it.each([
    ['a failure', NEVER, { code: 1, signal: null }],
    ['a signal', NEVER, { code: null, signal: 'SIGKILL' }],
    ['a cancel', concat(of(cancels.a), NEVER), { code: 0, signal: null }],
  ] as const)('kills the tree at once after %s', (_what, cancel$, status) => {
    marbles(({ hot, cold, expectSubscriptions }) => {
      const exit$ = hot('     --x', { x: status });
      const letEnd$ = cold<true>('  -');
      const tree$ = cold<never>('    -|');
      const treeSubs = '      --^!';
      const pipes = { stdout$: EMPTY, stderr$: EMPTY };
      const { running } = processOf({ ...pipes, exit$, letEnd$, killUntilGone$: tree$ });

      processSignals(running, cancel$, always$).subscribe();
      expectSubscriptions(letEnd$.subscriptions).toBe([]);
      expectSubscriptions(tree$.subscriptions).toBe(treeSubs);
    })();
  });

  it(
    'waits no longer for the end of the tree at a cancel',
    marbles(({ hot, cold, expectSubscriptions }) => {
      const exit$ = hot('     --x       ', statuses);
      const cancel$ = hot('   -----a    ', cancels);
      const letEnd$ = cold<true>('  -  ');
      const letSubs = '       --^--!    ';
      const { running } = processOf({ stdout$: EMPTY, stderr$: EMPTY, exit$, letEnd$ });

      processSignals(running, cancel$, always$).subscribe();
      expectSubscriptions(letEnd$.subscriptions).toBe(letSubs);
    }),
  );

  it(
    'stops stdout and interrupts at a cancel, and kills when the grace period has expired',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   ---a             ', cancels);
      const stdout$ = cold('  -a---b--c-----|  ', chunks);
      const stderr$ = cold('  --------------|  ', chunks);
      const exit$ = hot('     ------------x    ', statuses);
      const stdoutSubs = '    ^--!             ';
      const effects = '       ---i-------k---  ';
      const expected = '      -a----------(A|) ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(stdoutSubs);
      expectSubscriptions(stderr$.subscriptions).toBe(stdoutSubs);
    }),
  );

  it(
    'does not kill a process that exits within the grace period',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   ---a            ', cancels);
      const stdout$ = cold('  -a              ', chunks);
      const stderr$ = cold('  -               ', chunks);
      const exit$ = hot('     ----------x     ', statuses);
      const effects = '       ---i------------';
      const subs = '          ^--!            ';
      const expected = '      -a--------(A|)  ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'kills earlier when a later cancel has less time, and reports the first cancel',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   ---a-b         ', cancels);
      const stdout$ = cold('  -a             ', chunks);
      const stderr$ = cold('  -              ', chunks);
      const exit$ = hot('     ----------x    ', statuses);
      const effects = '       ---i----k------';
      const subs = '          ^--!           ';
      const expected = '      -a--------(A|) ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'interrupts at once when the cancel came before the process, and replays',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold('  a            ', cancels);
      const stdout$ = cold('  -a           ', chunks);
      const stderr$ = cold('  -            ', chunks);
      const exit$ = hot('     ----------x  ', statuses);
      const stdoutSubs = '    (^!)         ';
      const effects = '       i-------k----';
      const expected = '      ----------(A|)';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(stdoutSubs);
    }),
  );

  it(
    'interrupts a process 5 s after its stdout has closed, and kills it after 10 s',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  a|               ', chunks);
      const stderr$ = cold('  -                ', chunks);
      const exit$ = hot('     - 11s x          ', statuses);
      const stderrSubs = '    ^ 5s !           ';
      const effects = '       - 5s i 4999ms k  ';
      const expected = '      a 11s (e|)       ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(stderr$.subscriptions).toBe(stderrSubs);
    }),
  );

  it(
    'interrupts a process 5 s after it has closed both pipes, and kills it after 10 s',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  a|               ', chunks);
      const stderr$ = cold('  -|               ', chunks);
      const exit$ = hot('     - 11s x          ', statuses);
      const effects = '       - 5s i 4999ms k  ';
      const subs = '          ^!               ';
      const expected = '      a 11s (e|)       ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'leaves a process that has closed both pipes the grace period of a cancel',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   - 1s l                   ', cancels);
      const stdout$ = cold('  a|                       ', chunks);
      const stderr$ = cold('  -|                       ', chunks);
      const exit$ = hot('     - 30s x                  ', statuses);
      const effects = '       - 1s i 19999ms k         ';
      const subs = '          ^!                       ';
      const expected = '      a 30s (L|)               ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$)).toBe(expected, signals);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'reports a cancel that comes while a process with closed stdout is ended, and kills it by then',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   - 6s b             ', cancels);
      const stdout$ = cold('  a|                 ', chunks);
      const stderr$ = cold('  -                  ', chunks);
      const exit$ = hot('     - 7s x             ', statuses);
      const effects = '       - 5s i 999ms ---k  ';
      const subs = '          ^ 5s !             ';
      const expected = '      a 7s (B|)          ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$)).toBe(expected, signals);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits exited 1 s after the exit when another process holds stdout open in silence',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  a--b         ', chunks);
      const stderr$ = cold('  -            ', chunks);
      const exit$ = hot('     -x           ', statuses);
      const stdoutSubs = '    ^-- 1s !     ';
      const effects = '       -            ';
      const expected = '      a--b 999ms (e|)';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(stdoutSubs);
    }),
  );

  it(
    'emits exited 5 s after the exit when another process writes on',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  - 899ms a 899ms a 899ms a 899ms a 899ms a 899ms a', chunks);
      const stderr$ = cold('  -                                                ', chunks);
      const exit$ = hot('     -x                                               ', statuses);
      const stdoutSubs = '    ^ 5s !                                           ';
      const expected = '      - 899ms a 899ms a 899ms a 899ms a 899ms a 499ms - (e|)';
      const { running } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(processSignals(running, NEVER, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(stdoutSubs);
    }),
  );

  it(
    'waits as long as nobody reads before it emits exited',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stdout$ = cold('  a             ', chunks);
      const stderr$ = cold('  -             ', chunks);
      const exit$ = hot('     -x            ', statuses);
      const ready$ = cold('   f 60m t       ', flow);
      const subs = '          ^- 60m 1s !     ';
      const expected = '      a - 60m 1s (e|)';
      const { running } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(processSignals(running, NEVER, ready$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'sends no signal for a cancel after the exit, and reports it',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   ---a    ', cancels);
      const stdout$ = cold('  a       ', chunks);
      const stderr$ = cold('  -       ', chunks);
      const exit$ = hot('     -x      ', statuses);
      const effects = '       --------';
      const subs = '          ^--!    ';
      const expected = '      a--(A|) ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$)).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'sends no signal when it is unsubscribed',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   -----a--', cancels);
      const stdout$ = cold('  a--b--b-', chunks);
      const stderr$ = cold('  --------', chunks);
      const exit$ = hot('     --------', statuses);
      const unsub = '         ----!   ';
      const subs = '          ^---!   ';
      const effects = '       --------';
      const expected = '      a--b-   ';
      const { running, effect$ } = processOf({ stdout$, stderr$, exit$ });

      expectObservable(effect$).toBe(effects);
      expectObservable(processSignals(running, cancel$, always$), unsub).toBe(expected, signals);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = hot('   --a-----', cancels);
      const stdout$ = cold('  a--b--b-', chunks);
      const stderr$ = cold('  --------', chunks);
      const exit$ = hot('     --------', statuses);
      const tree$ = cold<never>('    --------');
      const unsub = '         ----!   ';
      const cancelSubs = ['   ^-!     ', '--^-!'];
      const subs = '          ^-!     ';
      const effects = '       --i-----';
      const expected = '      a----   ';
      const { running, effect$ } = processOf({
        stdout$: stdout$.pipe(mergeMap((chunk) => of(chunk))),
        stderr$,
        exit$,
        killUntilGone$: tree$,
      });
      const result$ = processSignals(running, cancel$, always$).pipe(
        mergeMap((signal) => of(signal)),
      );

      expectObservable(effect$).toBe(effects);
      expectObservable(result$, unsub).toBe(expected, signals);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(stderr$.subscriptions).toBe(subs);
      expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const subscribed: string[] = [];
    const chunk = (text: string) =>
      defer(() => {
        subscribed.push(text);
        return of(Buffer.from(text));
      });
    const { running } = processOf({
      stdout$: concat(chunk('a'), chunk('b'), chunk('c')),
      stderr$: NEVER,
      exit$: NEVER,
    });

    processSignals(running, NEVER, always$).pipe(take(2)).subscribe();

    expect(subscribed).toEqual(['a', 'b']);
  });
});
