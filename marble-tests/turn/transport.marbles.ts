import {
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { AppServerError } from '../../src/codex/app-server/rpc.js';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import type { CodexRun } from '../../src/codex/run.js';
import type { Ports } from '../../src/ports.js';
import type { Cancel } from '../../src/process/run.js';
import { SpawnError } from '../../src/process/start.js';
import { codexOutput, THREAD } from '../../src/testing/alphabet.js';
import { transport } from '../../src/turn/transport.js';
import { marbles } from '../support/marbles.js';
import { fakePorts, quietRun } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const plan = {
  threadId: undefined,
  model: undefined,
  images: [],
  workspace: '/w',
  prompt: 'hi',
};
const runs: Record<string, CodexRun> = { r: { ...quietRun, version: '0.169.0' } };
const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: THREAD },
  S: { type: 'turn.started' },
  x: { ...codexOutput.x, isCodex: true },
};
const cancels: Record<string, Cancel> = { c: { reason: 'host', graceMs: 5_000 } };

/** Ports with an app-server whose turns are `turn$`. `log$` emits each warning. */
const withServer = (
  turn$: NonNullable<Ports['appServer']>['turn$'],
  overrides: Partial<Ports> = {},
  required = false,
) => {
  const log$ = new Subject<string>();
  const { ports } = fakePorts({
    appServer: { turn$, required, version: () => '0.150.1' },
    log: (level, msg) => level === 'warning' && log$.next(msg),
    ...overrides,
  });
  return { ports, log$ };
};
const signals$ = (ports: Ports, cancel$: Observable<Cancel> = NEVER) =>
  transport(plan, ports).pipe(mergeMap((found) => found.signals(cancel$)));
const version$ = (ports: Ports) =>
  transport(plan, ports).pipe(mergeMap((found) => of(found.version())));

describe('transport', () => {
  it(
    'emits codex exec with its version when its run is planned',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const run = cold('     --r|   ', runs);
      const codex = cold('     T-S-(x|)', codexOutput);
      const runSubs = '      ^--!   ';
      const subs = '         --^---!';
      const version = '      --v|   ';
      const expected = '     --T-S-(x|)';
      const { ports } = fakePorts({ codexRun$: () => run, codex$: () => codex });

      expectObservable(version$(ports)).toBe(version, { v: '0.169.0' });
      expectObservable(signals$(ports)).toBe(expected, signals);
      expectSubscriptions(run.subscriptions).toBe([runSubs, runSubs]);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when the run of codex exec cannot be planned',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const run = cold('     --#', runs);
      const subs = '         ^-!';
      const expected = '     --#';
      const { ports } = fakePorts({ codexRun$: () => run });

      expectObservable(transport(plan, ports)).toBe(expected);
      expectSubscriptions(run.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the app-server at once, with the version that it has then',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const run = cold('     r|      ', runs);
      const turn = cold('    T-S-(x|)', signals);
      const subs = '         ^---!   ';
      const version = '      (v|)    ';
      const expected = '     T-S-(x|)';
      const { ports } = withServer(() => turn, { codexRun$: () => run });

      expectObservable(version$(ports)).toBe(version, { v: '0.150.1' });
      expectObservable(signals$(ports)).toBe(expected, signals);
      expectSubscriptions(turn.subscriptions).toBe(subs);
      expectSubscriptions(run.subscriptions).toBe([]);
    }),
  );

  it.each([
    ['cannot be initialized', new AppServerError('no answer')],
    ['cannot be spawned', new SpawnError(new Error('no answer'))],
  ])('continues with codex exec, and warns, when the app-server %s', (_what, error) => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const turn = cold('    --#         ', signals, error);
      const run = cold('       -r|       ', runs);
      const codex = cold('      T-S-(x|)', codexOutput);
      const cancel$ = hot('  ------c     ', cancels);
      const turnSubs = '     ^-!         ';
      const subs = '         ---^---!    ';
      const logged = '       --w         ';
      const passed = '       ------(c|)  ';
      const expected = '     ---T-S-(x|) ';
      const passed$ = new Subject<Cancel>();
      const { ports, log$ } = withServer(() => turn, {
        codexRun$: () => run,
        codex$: (_run, stop$) => {
          stop$.pipe(take(1)).subscribe(passed$);
          return codex;
        },
      });

      expectObservable(log$).toBe(logged, {
        w: 'codex app-server cannot start, so codex exec runs this turn: no answer',
      });
      expectObservable(passed$).toBe(passed, cancels);
      expectObservable(signals$(ports, cancel$)).toBe(expected, signals);
      expectSubscriptions(turn.subscriptions).toBe(turnSubs);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    })();
  });

  it(
    'has the version of codex exec once that runs instead',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    --#   ', signals, new AppServerError('no answer'));
      const run = cold('       -r|', runs);
      const asked = cold('   -a--a|');
      const turnSubs = '     ^-!   ';
      const runSubs = '      --^-! ';
      const expected = '     -v--(w|)';
      const { ports } = withServer(() => turn, { codexRun$: () => run });
      const asked$ = transport(plan, ports).pipe(
        mergeMap(({ version, signals: start }) =>
          merge(start(NEVER).pipe(ignoreElements()), asked.pipe(map(version))),
        ),
      );

      expectObservable(asked$.pipe(take(2))).toBe(expected, { v: '0.150.1', w: '0.169.0' });
      expectSubscriptions(turn.subscriptions).toBe(turnSubs);
      expectSubscriptions(run.subscriptions).toBe(runSubs);
    }),
  );

  it(
    'chooses anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    --#    ', signals, new AppServerError('no answer'));
      const run = cold('       -r|  ', runs);
      const turnSubs = '     ^-!    ';
      const asked = '        ----w  ';
      const later = '        ------^';
      const askedLater = '   ------(v|)';
      const { ports } = withServer(() => turn, { codexRun$: () => run });
      const chosen$ = transport(plan, ports);
      const first$ = chosen$.pipe(
        mergeMap(({ version, signals: start }) =>
          merge(start(NEVER).pipe(ignoreElements()), cold('----a').pipe(map(version))),
        ),
      );

      expectObservable(first$).toBe(asked, { w: '0.169.0' });
      expectObservable(chosen$.pipe(map(({ version }) => version())), later).toBe(askedLater, {
        v: '0.150.1',
      });
      expectSubscriptions(turn.subscriptions).toBe(turnSubs);
    }),
  );

  it(
    'knows whether a tool of codex exec is alive once it has started, also instead of an app-server',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    --#   ', signals, new AppServerError('no answer'));
      const asked = cold('   -a--a|');
      const subs = '         ^-!   ';
      const expected = '     -f--(t|)';
      const { ports } = withServer(() => turn, {
        codex$: (_run, _cancel$, onStart) => {
          onStart?.(() => true);
          return NEVER;
        },
      });
      const alive$ = transport(plan, ports).pipe(
        mergeMap(({ isToolAlive, signals: start }) =>
          merge(start(NEVER).pipe(ignoreElements()), asked.pipe(map(isToolAlive))),
        ),
      );

      expectObservable(alive$.pipe(take(2))).toBe(expected, { f: false, t: true });
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['of another kind', new Error('the folder is missing'), false],
    ['of the app-server when that is required', new AppServerError('no answer'), true],
    ['of the start when the app-server is required', new SpawnError(new Error('EACCES')), true],
  ])('fails with an error %s', (_what, error, required) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    --#', signals, error);
      const run = cold('     r|  ', runs);
      const subs = '         ^-!';
      const logged = '       ---';
      const expected = '     --#';
      const { ports, log$ } = withServer(() => turn, { codexRun$: () => run }, required);

      expectObservable(log$).toBe(logged);
      expectObservable(signals$(ports)).toBe(expected, signals, error);
      expectSubscriptions(turn.subscriptions).toBe(subs);
      expectSubscriptions(run.subscriptions).toBe([]);
    })();
  });

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['T', 'S', 'x'].flatMap((letter) => signals[letter] ?? []),
    );
    signals$(withServer(() => source$).ports)
      .pipe(take(2))
      .subscribe();

    expect(emitted).toEqual([signals['T'], signals['S']]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    T-S-(x|)', signals);
      const unsub = '        -!      ';
      const subs = '         ^!      ';
      const expected = '     T-      ';
      const chain$ = of(withServer(() => turn).ports).pipe(
        mergeMap((ports) => signals$(ports)),
        mergeMap((signal) => of(signal)),
      );

      expectObservable(chain$, unsub).toBe(expected, signals);
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );
});
