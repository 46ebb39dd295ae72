import { concat, mergeMap, NEVER, Observable, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import type { Deadlines } from '../../src/plexum/deadline-settings.js';
import type { Expired } from '../../src/process/run.js';
import { watchDeadlines } from '../../src/turn/deadlines.js';
import { marbles } from '../support/marbles.js';

const values: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: '01a1fb83-ff35-7422-9e00-a5a8974b6993' },
  a: { type: 'item.completed', item: { type: 'agent_message', text: 'hello' } },
  s: { type: 'item.started', item: { type: 'command_execution' } },
  e: { type: 'item.completed', item: { type: 'command_execution' } },
  p: { type: 'item.started', item: { type: 'todo_list' } },
  t: { type: 'item.piece', item: 'agent_message', text: 'hi', first: true },
  o: { type: 'response.over' },
  g: { type: 'rollout.grew', completed: 0 },
  v: { type: 'alive' },
  u: { type: 'unrecognised', kind: 'item later' },
  m: { type: 'malformed', reason: 'no JSON', sample: 'oops' },
  w: { type: 'item.started', item: { type: 'web_search' } },
  r: { type: 'error', message: 'Reconnecting... 1/5' },
  C: { type: 'turn.completed' },
  F: { type: 'turn.failed', error: { message: 'no' } },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
};

const off: Deadlines = { firstEvent: 0, idle: 0, command: 0, reconnect: 0, turn: 0 };
const always$ = concat(of(true), NEVER);
const counts = { 0: 0, 1: 1, 2: 2 };

/** `expired$` emits each expired deadline when `onExpired` is called. */
const watching = (
  limits: Partial<Deadlines>,
  ready$ = always$,
  saysEveryEnd = true,
  calls$: Observable<number> = NEVER,
  isToolAlive = (): boolean => false,
) => {
  const expired$ = new Subject<Expired>();
  const onExpired = (expired: Expired): void => {
    expired$.next(expired);
  };
  return {
    expired$,
    watch: watchDeadlines({
      limits: { ...off, ...limits },
      ready$,
      onExpired,
      saysEveryEnd: () => saysEveryEnd,
      calls$,
      isToolAlive,
    }),
  };
};

describe('watchDeadlines', () => {
  it(
    'mirrors a turn that keeps its deadlines, and stops the timers at its end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--s--e--a--C--(x|)', values);
      const subs = '         ^----------------!   ';
      const expected = '     --T--s--e--a--C--(x|)';
      const expiries = '     -';
      const { expired$, watch } = watching({ firstEvent: 6, idle: 5, command: 5, turn: 50 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  |    ', values);
      const subs = '         (^!) ';
      const expected = '     |    ';
      const expiries = '     -';
      const { expired$, watch } = watching({ firstEvent: 5, idle: 5, command: 5, turn: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'expires once when the first event is late',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --------T---a---(x|)', values);
      const subs = '         ^---------------!   ';
      const expected = '     --------T---a---(x|)';
      const expiries = '     -----x';
      const { expired$, watch } = watching({ firstEvent: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'firstEvent', ms: 5 } });
    }),
  );

  it(
    'does not count thread.started as the first event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-------a---(x|)', values);
      const subs = '         ^-------------!   ';
      const expected = '     --T-------a---(x|)';
      const expiries = '     -----x';
      const { expired$, watch } = watching({ firstEvent: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'firstEvent', ms: 5 } });
    }),
  );

  it(
    'starts the deadline of the first event when the host reads',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----------T--(x|)', values);
      const ready = cold('   n--------r-------', { n: false, r: true });
      const subs = '         ^------------!   ';
      const expected = '     ----------T--(x|)';
      const expiries = '     -';
      const { expired$, watch } = watching({ firstEvent: 5 }, ready);

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'never expires when every limit is 0',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T 90m r 90m s 90m ---', values);
      const unsub = '        --- 90m - 90m - 90m --!';
      const subs = '         ^-- 90m - 90m - 90m --!';
      const expected = '     --T 90m r 90m s 90m ---';
      const expiries = '     -';
      const { expired$, watch } = watching({});

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'expires when two events are too far apart',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T---a--------a-(x|)', values);
      const subs = '         ^----------------!   ';
      const expected = '     --T---a--------a-(x|)';
      const expiries = '     -----------x';
      const { expired$, watch } = watching({ idle: 5, command: 20 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'applies the command limit while a command runs, and the idle limit after it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--s---------e-------------', values);
      const unsub = '        ---------------------------! ';
      const subs = '         ^--------------------------! ';
      const expected = '     --T--s---------e------------ ';
      const expiries = '     --------------------x';
      const { expired$, watch } = watching({ idle: 5, command: 15 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'expires when a command is silent for too long',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--s--s--e----------------', values);
      const unsub = '        --------------------------! ';
      const subs = '         ^-------------------------! ';
      const expected = '     --T--s--s--e--------------- ';
      const expiries = '     ---------------------x';
      const { expired$, watch } = watching({ idle: 5, command: 10 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'command', ms: 10 } });
    }),
  );

  it(
    'is kept alive by each line of codex and each notification, known or not',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T---v---u---m---v----------', values);
      const unsub = '        ----------------------------!';
      const subs = '         ^---------------------------!';
      const expected = '     --T---v---u---m---v----------';
      const expiries = '     -----------------------x     ';
      const { expired$, watch } = watching({ idle: 5 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'waits for a command in the background, whatever the model says meanwhile',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --s--a---------a--------e--------', values);
      const unsub = '        --------------------------------!';
      const subs = '         ^-------------------------------!';
      const expected = '     --s--a---------a--------e--------';
      const expiries = '     -----------------------------x   ';
      const { expired$, watch } = watching({ idle: 5, command: 12 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'applies the idle limit after a message of a codex that loses the ends of commands',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --s------a----------', values);
      const unsub = '        ------------------! ';
      const subs = '         ^-----------------! ';
      const expected = '     --s------a--------- ';
      const expiries = '     --------------x     ';
      const { expired$, watch } = watching({ idle: 5, command: 60 }, always$, false);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'applies the command limit while a call of the rollout runs, and counts its records as activity',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-------------------', values);
      const calls = hot('    ----1--------0-------', counts);
      const unsub = '        --------------------!';
      const subs = '         ^-------------------!';
      const expected = '     --T-----------------';
      const expiries = '     ------------------x  ';
      const { expired$, watch } = watching({ idle: 5, command: 12 }, always$, true, calls);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'expires when a call of the rollout is silent for too long',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-------------------', values);
      const calls = hot('    ----1---2------------', counts);
      const unsub = '        --------------------!';
      const subs = '         ^-------------------!';
      const expected = '     --T-----------------';
      const expiries = '     ----------------x    ';
      const { expired$, watch } = watching({ idle: 5, command: 8 }, always$, true, calls);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'command', ms: 8 } });
    }),
  );

  it(
    'does not count a plan as a tool, and ends every tool but commands at a message',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --p--w--a-----------', values);
      const unsub = '        ------------------! ';
      const subs = '         ^-----------------! ';
      const expected = '     --p--w--a---------- ';
      const expiries = '     -------------x';
      const { expired$, watch } = watching({ idle: 5, command: 60 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'keeps a tool running at a text of the response that called it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --s-t-a-o--------e-----------', values);
      const unsub = '        ---------------------------! ';
      const subs = '         ^--------------------------! ';
      const expected = '     --s-t-a-o--------e---------- ';
      const expiries = '     ----------------------x';
      const { expired$, watch } = watching({ idle: 5, command: 15 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'ends every tool but commands at a text of the next response',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --t-w-o---t---------', values);
      const unsub = '        ------------------! ';
      const subs = '         ^-----------------! ';
      const expected = '     --t-w-o---t-------- ';
      const expiries = '     ---------------x';
      const { expired$, watch } = watching({ idle: 5, command: 60 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
    }),
  );

  it(
    'does not count a retry of codex as activity',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-r-r-r-r-r-r-r-r-', values);
      const unsub = '        -------------------!';
      const subs = '         ^------------------!';
      const expected = '     --T-r-r-r-r-r-r-r-r-';
      const expiries = '     -----------x';
      const { expired$, watch } = watching({ idle: 9 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 9 } });
    }),
  );

  it(
    'expires at a try to reconnect that comes so long after the first one of a row',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-a-r-g-r-----r---', values);
      const unsub = '        -------------------!';
      const subs = '         ^------------------!';
      const expected = '     --T-a-r-g-r-----r---';
      const expiries = '     ----------------x';
      const { expired$, watch } = watching({ reconnect: 7, idle: 50, command: 50 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'reconnect', ms: 7 } });
    }),
  );

  it(
    'goes on with a row of tries to reconnect at a sign of life',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --r-v-v-v-r---', values);
      const unsub = '        -------------!';
      const subs = '         ^------------!';
      const expected = '     --r-v-v-v-r---';
      const expiries = '     ----------x   ';
      const { expired$, watch } = watching({ reconnect: 7 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'reconnect', ms: 7 } });
    }),
  );

  it(
    'expires at no sign of life after a try to reconnect',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --r----v----v-', values);
      const unsub = '        -------------!';
      const subs = '         ^------------!';
      const expected = '     --r----v----v-';
      const expiries = '     -             ';
      const { expired$, watch } = watching({ reconnect: 3 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'begins a new row of tries to reconnect after any other signal',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --r-r--t------r-r--r---', values);
      const unsub = '        ----------------------!';
      const subs = '         ^---------------------!';
      const expected = '     --r-r--t------r-r--r---';
      const expiries = '     -------------------x';
      const { expired$, watch } = watching({ reconnect: 5 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'reconnect', ms: 5 } });
    }),
  );

  it(
    'expires at no try to reconnect while the host does not read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const ready = cold('   t---f-----t--------', { t: true, f: false });
      const source = cold('  --r-----r------r---', values);
      const unsub = '        ------------------!';
      const subs = '         ^-----------------!';
      const expected = '     --r-----r------r---';
      const expiries = '     ---------------x';
      const { expired$, watch } = watching({ reconnect: 5 }, ready);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'reconnect', ms: 5 } });
    }),
  );

  it(
    'does not expire in the silence after a try to reconnect',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-r-r------------a-(x|)', values);
      const subs = '         ^--------------------!   ';
      const expected = '     --T-r-r------------a-(x|)';
      const expiries = '     -';
      const { expired$, watch } = watching({ reconnect: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'does not expire when reconnecting ends the turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-r-r-F-(x|)', values);
      const subs = '         ^---------!   ';
      const expected = '     --T-r-r-F-(x|)';
      const expiries = '     -';
      const { expired$, watch } = watching({ reconnect: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'does not expire while the host does not read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const ready = cold('   t---f--------------t-------', { t: true, f: false });
      const source = cold('  --T--a---------------------', values);
      const unsub = '        -------------------------! ';
      const subs = '         ^------------------------! ';
      const expected = '     --T--a-------------------- ';
      const expiries = '     -';
      const { expired$, watch } = watching({ idle: 7 }, ready);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'restarts the idle deadline when the host reads again',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const ready = cold('   t---f--------------t----------', { t: true, f: false });
      const source = cold('  --T--a------------------------', values);
      const unsub = '        ----------------------------! ';
      const subs = '         ^---------------------------! ';
      const expected = '     --T--a----------------------- ';
      const expiries = '     --------------------------x';
      const { expired$, watch } = watching({ idle: 7 }, ready);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 7 } });
    }),
  );

  it(
    'expires when the turn takes too long, however many events it has',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T-a-a-a-a-a-a-(x|)', values);
      const subs = '         ^---------------!   ';
      const expected = '     --T-a-a-a-a-a-a-(x|)';
      const expiries = '     ---------x';
      const { expired$, watch } = watching({ turn: 9, idle: 9 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'turn', ms: 9 } });
    }),
  );

  it.each([
    ['C', 'completed'],
    ['F', 'failed'],
  ])('expires when codex does not exit after the end of its turn (%s, %s)', (end) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(`--T--${end} 19s -`, values);
      const unsub = '      ------ 19s !';
      const subs = '       ^----- 19s !';
      const expected = `   --T--${end} 19s -`;
      const expiries = '   ----- 10s x';
      const { expired$, watch } = watching({});

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'exit', ms: 10_000 } });
    })();
  });

  it(
    'fails with the source, and does not expire then',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--#', values, new Error('EIO'));
      const subs = '         ^----!';
      const expected = '     --T--#';
      const expiries = '     -';
      const { expired$, watch } = watching({ idle: 3, turn: 7 });

      expectObservable(source.pipe(watch)).toBe(expected, values, new Error('EIO'));
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'mirrors a burst of events',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (TseaCx|)', values);
      const subs = '         (^!)     ';
      const expected = '     (TseaCx|)';
      const expiries = '     -';
      const { expired$, watch } = watching({ firstEvent: 1, idle: 1, command: 1, turn: 1 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'does not expire after it was unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--a------------', values);
      const unsub = '        -------!          ';
      const subs = '         ^------!          ';
      const expected = '     --T--a--          ';
      const expiries = '     -';
      const { expired$, watch } = watching({ idle: 4, turn: 9 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries);
    }),
  );

  it(
    'takes a tool that is alive for a running one, whatever codex has said of it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --s--a---------------', values);
      const unsub = '        --------------------!';
      const subs = '         ^-------------------!';
      const expected = '     --s--a---------------';
      const expiries = '     -----------------x---';
      const { expired$, watch } = watching(
        { idle: 4, command: 12 },
        always$,
        false,
        NEVER,
        () => true,
      );

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'command', ms: 12 } });
    }),
  );

  it(
    'starts its deadlines anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --s-------(x|)            ', values);
      const later = '        -------------^            ';
      const first = '        --s-------(x|)            ';
      const second = '       ---------------s-------(x|)';
      const expiries = '     --------x------------x     ';
      const { expired$, watch } = watching({ idle: 4, command: 6 });
      const watched$ = source.pipe(watch);

      expectObservable(watched$).toBe(first, values);
      expectObservable(watched$, later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe(['^---------!', '-------------^---------!']);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'command', ms: 6 } });
    }),
  );

  it(
    'does not expire when an event comes in the same millisecond',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a----a----a------', values);
      const unsub = '        ------------------!';
      const subs = '         ^-----------------!';
      const expected = '     --a----a----a------';
      const expiries = '     -----------------x';
      const { expired$, watch } = watching({ idle: 5 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 5 } });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'restarts the idle deadline at a burst of events',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (Ta)(aaa)--------', values);
      const unsub = '        ----------------!';
      const subs = '         ^---------------!';
      const expected = '     (Ta)(aaa)--------';
      const expiries = '     ----------x      ';
      const { expired$, watch } = watching({ idle: 6 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectObservable(expired$).toBe(expiries, { x: { deadline: 'idle', ms: 6 } });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'stops a synchronous source when unsubscribed',
    marbles(({ expectObservable, flush }) => {
      let emitted = 0;
      const source$ = new Observable<CodexSignal>((subscriber) => {
        for (; !subscriber.closed && emitted < 1_000; emitted += 1)
          subscriber.next({ type: 'turn.started' });
      });
      const { watch } = watching({ idle: 5 });

      const signal: CodexSignal = { type: 'turn.started' };
      expectObservable(source$.pipe(watch, take(2))).toBe('(SS|)', { S: signal });
      flush();
      expect(emitted).toBe(2);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--a---', values);
      const unsub = '        ---!     ';
      const subs = '         ^--!     ';
      const expected = '     --T-     ';
      const { watch } = watching({ idle: 5 });

      const chain$ = of(1).pipe(mergeMap(() => source.pipe(watch)));
      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
