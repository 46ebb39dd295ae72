import { EMPTY, type Observable, of, Subject, shareReplay, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { bindProcess } from '../../src/process/bind-process.js';
import type { ExitStatus } from '../../src/process/start.js';
import { marbles } from '../support/marbles.js';

/** Exit listeners of the test runner. */
const others = new Set(process.listeners('exit'));

const status: ExitStatus = { code: 0, signal: null };

/**
 * A bound process. `effect$` emits `i` for SIGINT to the process, `k` for SIGKILL to its tree and
 * `r` when its record is removed. `alive` are the numbers of processes that each SIGKILL finds.
 */
const bind = (
  exit$: Observable<ExitStatus>,
  killUntilGone$: Observable<never> = EMPTY,
  options: { readonly isGone?: () => boolean; readonly graceMs?: number } = {},
  alive: number[] = [],
) => {
  const effect$ = new Subject<string>();
  const background$ = bindProcess(
    {
      // An exit is a state as well as an event.
      exit$: exit$.pipe(take(1), shareReplay({ bufferSize: 1, refCount: false })),
      killUntilGone$,
      interrupt: () => {
        effect$.next('i');
      },
      kill: () => {
        effect$.next('k');
        return alive.shift() ?? 0;
      },
    },
    () => {
      effect$.next('r');
    },
    options,
  );
  return { effect$, background$ };
};
describe('bindProcess', () => {
  it(
    'sends SIGINT on subscribe and removes the record when the tree is gone after the exit',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const exit$ = hot('     -----x       ', { x: status });
      const tree$ = cold<never>('  ---|           ');
      const subscribed = '    --^          ';
      const treeSubs = '      -----^--!    ';
      const effects = '       --i-----r    ';
      const expected = '      --------|    ';
      const { effect$, background$ } = bind(exit$, tree$);

      expectObservable(effect$).toBe(effects);
      expectObservable(background$, subscribed).toBe(expected);
      expectSubscriptions(tree$.subscriptions).toBe(treeSubs);
    }),
  );

  it(
    'sends SIGKILL after the grace period that it is given',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const exit$ = hot('     ----x         ', { x: status });
      const exitSubs = '      ^---!         ';
      const effects = '       i--kr         ';
      const expected = '      ----|         ';
      const { effect$, background$ } = bind(exit$, EMPTY, { graceMs: 3 });

      expectObservable(effect$).toBe(effects);
      expectObservable(background$).toBe(expected);
      expectSubscriptions(exit$.subscriptions).toBe(exitSubs);
    }),
  );

  it(
    'sends SIGKILL to the tree 5 s after SIGINT when the process has not exited',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const exit$ = hot('     - 5s ---x    ', { x: status });
      const tree$ = cold<never>('            --|  ');
      const treeSubs = '      - 5s ---^-!  ';
      const effects = '       i 4999ms k-----r';
      const expected = '      - 5s -----|  ';
      const { effect$, background$ } = bind(exit$, tree$);

      expectObservable(effect$).toBe(effects);
      expectObservable(background$).toBe(expected);
      expectSubscriptions(tree$.subscriptions).toBe(treeSubs);
    }),
  );

  it(
    'only removes the record when the tree is known to be gone',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const tree$ = cold<never>('-');
      const effects = '         r';
      const expected = '        |';
      const { effect$, background$ } = bind(of(status), tree$, { isGone: () => true });

      expectObservable(effect$).toBe(effects);
      expectObservable(background$).toBe(expected);
      expectSubscriptions(tree$.subscriptions).toBe([]);
    }),
  );

  it(
    'keeps the record of a process that survives SIGKILL',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const exit$ = hot('     -            ', { x: status });
      const tree$ = cold<never>('    |            ');
      const effects = '       i 4999ms k   ';
      const expected = '      -            ';
      const { effect$, background$ } = bind(exit$, tree$);

      expectObservable(effect$).toBe(effects);
      expectObservable(background$).toBe(expected);
      expectSubscriptions(tree$.subscriptions).toBe([]);
    }),
  );

  it(
    'sends no signal to a process that has exited, and ends the rest of its tree',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const tree$ = cold<never>('    ---|         ');
      const treeSubs = '      ^--!         ';
      const effects = '       ---r         ';
      const expected = '      ---|         ';
      const { effect$, background$ } = bind(of(status), tree$);

      expectObservable(effect$).toBe(effects);
      expectObservable(background$).toBe(expected);
      expectSubscriptions(tree$.subscriptions).toBe(treeSubs);
    }),
  );

  it(
    'sends no SIGKILL once it is unsubscribed, and removes the record',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const exit$ = hot('     -            ', { x: status });
      const unsub = '         ---!         ';
      const exitSubs = '      ^            ';
      const effects = '       i--r         ';
      const expected = '      ----         ';
      const { effect$, background$ } = bind(exit$);

      expectObservable(effect$).toBe(effects);
      expectObservable(background$, unsub).toBe(expected);
      expectSubscriptions(exit$.subscriptions).toBe(exitSubs);
    }),
  );

  it('kills the tree until it is gone when this process exits, unless it is gone already', () => {
    const running = bind(of(status), EMPTY, {}, [2, 1]);
    const gone = bind(of(status));
    const effects: string[] = [];
    const record = (name: string) => ({
      next: (effect: string) => effects.push(`${effect} ${name}`),
      error: (error: unknown) => expect.unreachable(String(error)),
    });
    running.effect$.subscribe(record('running'));
    gone.background$.subscribe();
    gone.effect$.subscribe(record('gone'));

    for (const listener of process.listeners('exit')) if (!others.has(listener)) listener(0);

    expect(effects).toEqual(['k', 'r', 'k', 'r', 'k', 'r'].map((effect) => `${effect} running`));
  });
});
