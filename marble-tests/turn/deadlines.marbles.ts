import { concat, NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import type { Deadlines } from '../../src/ports.js';
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
  r: { type: 'error', message: 'Reconnecting... 1/5' },
  C: { type: 'turn.completed' },
  F: { type: 'turn.failed', error: { message: 'no' } },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
};

const off: Deadlines = { firstEvent: 0, idle: 0, command: 0, turn: 0 };
const always$ = concat(of(true), NEVER);

/** Deadlines that have passed, in the order in which they were told. */
const watching = (limits: Partial<Deadlines>, ready$ = always$) => {
  const expired: Expired[] = [];
  return {
    expired,
    watch: watchDeadlines({ ...off, ...limits }, ready$, (each) => void expired.push(each)),
  };
};

describe('watchDeadlines', () => {
  it(
    'passes a turn on that keeps its time, and lets go of every timer',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T--s--e--a--C--(x|)', values);
      const subs = '         ^----------------!   ';
      const expected = '     --T--s--e--a--C--(x|)';
      const { expired, watch } = watching({ firstEvent: 6, idle: 5, command: 5, turn: 50 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  |    ', values);
      const subs = '         (^!) ';
      const expected = '     |    ';
      const { expired, watch } = watching({ firstEvent: 5, idle: 5, command: 5, turn: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'tells once that the first event is late',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --------T---a---(x|)', values);
      const subs = '         ^---------------!   ';
      const expected = '     --------T---a---(x|)';
      const { expired, watch } = watching({ firstEvent: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'firstEvent', ms: 5 }]);
    }),
  );

  it(
    'does not take the name of the thread for a word of the turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T-------a---(x|)', values);
      const subs = '         ^-------------!   ';
      const expected = '     --T-------a---(x|)';
      const { expired, watch } = watching({ firstEvent: 5 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'firstEvent', ms: 5 }]);
    }),
  );

  it(
    'does not call a first event late that the host lets wait in the pipe',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  ----------T--(x|)', values);
      const ready = cold('   n--------r-------', { n: false, r: true });
      const subs = '         ^------------!   ';
      const expected = '     ----------T--(x|)';
      const { expired, watch } = watching({ firstEvent: 5 }, ready);

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'never tells anything where every limit is 0',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T 90m s 90m a 90m ---', values);
      const unsub = '        --- 90m - 90m - 90m --!';
      const subs = '         ^-- 90m - 90m - 90m --!';
      const expected = '     --T 90m s 90m a 90m ---';
      const { expired, watch } = watching({});

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'tells of a silence between two events',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T---a--------a-(x|)', values);
      const subs = '         ^----------------!   ';
      const expected = '     --T---a--------a-(x|)';
      const { expired, watch } = watching({ idle: 5, command: 20 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'idle', ms: 5 }]);
    }),
  );

  it(
    'has another limit while a command runs, and the first again when it is done',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T--s---------e-------------', values);
      const unsub = '        ---------------------------! ';
      const subs = '         ^--------------------------! ';
      const expected = '     --T--s---------e------------ ';
      const { expired, watch } = watching({ idle: 5, command: 15 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'idle', ms: 5 }]);
    }),
  );

  it(
    'tells of a command that is silent for too long',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T--s--s--e----------------', values);
      const unsub = '        --------------------------! ';
      const subs = '         ^-------------------------! ';
      const expected = '     --T--s--s--e--------------- ';
      const { expired, watch } = watching({ idle: 5, command: 10 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'command', ms: 10 }]);
    }),
  );

  it(
    'takes no plan for a tool, and a message for the end of every tool',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --p--s--a-----------', values);
      const unsub = '        ------------------! ';
      const subs = '         ^-----------------! ';
      const expected = '     --p--s--a---------- ';
      const { expired, watch } = watching({ idle: 5, command: 60 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'idle', ms: 5 }]);
    }),
  );

  it(
    'takes no text for the end of a tool while the response goes on that called it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --s-t-a-o--------e-----------', values);
      const unsub = '        ---------------------------! ';
      const subs = '         ^--------------------------! ';
      const expected = '     --s-t-a-o--------e---------- ';
      const { expired, watch } = watching({ idle: 5, command: 15 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'idle', ms: 5 }]);
    }),
  );

  it(
    'takes the text of the next response for the end of every tool',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --t-s-o---t---------', values);
      const unsub = '        ------------------! ';
      const subs = '         ^-----------------! ';
      const expected = '     --t-s-o---t-------- ';
      const { expired, watch } = watching({ idle: 5, command: 60 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'idle', ms: 5 }]);
    }),
  );

  it(
    'takes a notice that codex tries again for silence',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T-r-r-r-r-r-r-r-r-', values);
      const unsub = '        -------------------!';
      const subs = '         ^------------------!';
      const expected = '     --T-r-r-r-r-r-r-r-r-';
      const { expired, watch } = watching({ idle: 9 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'idle', ms: 9 }]);
    }),
  );

  it(
    'does not count while the host does not read',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const ready = cold('   t---f--------------t-------', { t: true, f: false });
      const source = cold('  --T--a---------------------', values);
      const unsub = '        -------------------------! ';
      const subs = '         ^------------------------! ';
      const expected = '     --T--a-------------------- ';
      const { expired, watch } = watching({ idle: 7 }, ready);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'counts anew when the host reads again',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const ready = cold('   t---f--------------t----------', { t: true, f: false });
      const source = cold('  --T--a------------------------', values);
      const unsub = '        ----------------------------! ';
      const subs = '         ^---------------------------! ';
      const expected = '     --T--a----------------------- ';
      const { expired, watch } = watching({ idle: 7 }, ready);

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'idle', ms: 7 }]);
    }),
  );

  it(
    'tells that the turn takes too long, however much is said',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T-a-a-a-a-a-a-(x|)', values);
      const subs = '         ^---------------!   ';
      const expected = '     --T-a-a-a-a-a-a-(x|)';
      const { expired, watch } = watching({ turn: 9, idle: 9 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'turn', ms: 9 }]);
    }),
  );

  it.each([
    ['C', 'completed'],
    ['F', 'failed'],
  ])('tells that codex does not exit after the end of its turn (%s, %s)', (end) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(`--T--${end} 9s -`, values);
      const unsub = '      ------ 9s !';
      const subs = '       ^----- 9s !';
      const expected = `   --T--${end} 9s -`;
      const { expired, watch } = watching({});

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([{ deadline: 'exit', ms: 5_000 }]);
    })();
  });

  it(
    'fails with the source, and tells nothing then',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T--#', values, new Error('EIO'));
      const subs = '         ^----!';
      const expected = '     --T--#';
      const { expired, watch } = watching({ idle: 3, turn: 7 });

      expectObservable(source.pipe(watch)).toBe(expected, values, new Error('EIO'));
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'takes a burst at once',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  (TseaCx|)', values);
      const subs = '         (^!)     ';
      const expected = '     (TseaCx|)';
      const { expired, watch } = watching({ firstEvent: 1, idle: 1, command: 1, turn: 1 });

      expectObservable(source.pipe(watch)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'tells nothing after it was unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T--a------------', values);
      const unsub = '        -------!          ';
      const subs = '         ^------!          ';
      const expected = '     --T--a--          ';
      const { expired, watch } = watching({ idle: 4, turn: 9 });

      expectObservable(source.pipe(watch), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(expired).toEqual([]);
    }),
  );

  it(
    'counts anew for every subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --s-------(x|)            ', values);
      const later = '        -------------^            ';
      const first = '        --s-------(x|)            ';
      const second = '       ---------------s-------(x|)';
      const { expired, watch } = watching({ idle: 4, command: 6 });
      const watched$ = source.pipe(watch);

      expectObservable(watched$).toBe(first, values);
      expectObservable(watched$, later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe(['^---------!', '-------------^---------!']);
      flush();
      expect(expired).toEqual([
        { deadline: 'command', ms: 6 },
        { deadline: 'command', ms: 6 },
      ]);
    }),
  );
});
