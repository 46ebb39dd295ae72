import { mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { logSignals } from '../../src/turn/log-signals.js';
import { marbles } from '../support/marbles.js';
import { fakePorts, type LogCall } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const values: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: '01a1fb58-5a98-7973-8b0a-074f22270974' },
  a: { type: 'item.completed', item: { type: 'agent_message', text: 'hello' } },
  w: { type: 'item.completed', item: { type: 'error', message: 'config is odd' } },
  r: { type: 'error', message: 'Reconnecting... 1/5' },
  m: { type: 'malformed', reason: 'not JSON', sample: 'noise' },
  n: { type: 'malformed', reason: 'item.completed without an item', sample: '{}' },
  u: { type: 'unrecognised', kind: 'event later.event' },
  v: { type: 'unrecognised', kind: 'item later_item' },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
  k: { type: 'exited', code: null, signal: 'SIGINT', stderr: '' },
};

const problem: LogCall = {
  level: 'info',
  msg: 'codex reports a problem',
  fields: { message: 'Reconnecting... 1/5' },
};
const warning: LogCall = {
  level: 'warning',
  msg: 'codex warns',
  fields: { message: 'config is odd' },
};
const noise: LogCall = {
  level: 'warning',
  msg: 'codex printed a line that cannot be used',
  fields: { reason: 'not JSON', sample: 'noise' },
};
const itemless: LogCall = {
  level: 'warning',
  msg: 'codex printed a line that cannot be used',
  fields: { reason: 'item.completed without an item', sample: '{}' },
};
const exited = (malformed: number, unrecognised: number): LogCall => ({
  level: 'debug',
  msg: 'codex exited',
  fields: { code: 0, signal: null, malformed, unrecognised },
});

describe('logSignals', () => {
  it(
    'emits each signal and logs warnings and problems',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --T--w--r--a--(x|)', values);
      const subs = '         ^-------------!   ';
      const expected = '     --T--w--r--a--(x|)';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([warning, problem, exited(0, 0)]);
    }),
  );

  it(
    'logs each kind of malformed line once, reports unknown kinds, and counts both',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -m-m-u-n-v-u-m-(x|)', values);
      const subs = '         ^--------------!   ';
      const expected = '     -m-m-u-n-v-u-m-(x|)';
      const drifted: string[] = [];
      const { ports, logs } = fakePorts({ drift: (kind) => drifted.push(kind) > 0 });

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([noise, itemless, exited(4, 3)]);
      expect(drifted).toEqual(['event later.event', 'item later_item', 'event later.event']);
    }),
  );

  it(
    'logs at most 20 kinds of malformed lines',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const kinds = '         abcdefghijklmnopqrstuvwxy';
      const subs = '          ^                        ';
      const told = '          abcdefghijklmnopqrst     ';
      const odd: Record<string, CodexSignal> = Object.fromEntries(
        Array.from(kinds.trim(), (kind) => [kind, { type: 'malformed', reason: kind, sample: '' }]),
      );
      const source = cold(kinds, odd);
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(kinds, odd);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs.map(({ fields }) => fields?.['reason'])).toEqual(Array.from(told.trim()));
    }),
  );

  it(
    'logs the signal that ended the process',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(k|)', values);
      const subs = '         ^-!   ';
      const expected = '     --(k|)';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([
        {
          level: 'debug',
          msg: 'codex exited',
          fields: { code: null, signal: 'SIGINT', malformed: 0, unrecognised: 0 },
        },
      ]);
    }),
  );

  it(
    'logs nothing for an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --|', values);
      const subs = '         ^-!';
      const expected = '     --|';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'waits for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----', values);
      const subs = '         ^---';
      const expected = '     ----';
      const { ports } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -m-#', values);
      const subs = '         ^--!';
      const expected = '     -m-#';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([noise]);
    }),
  );

  it(
    'keeps the order of synchronous signals',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  (mmux|)', values);
      const subs = '         (^!)   ';
      const expected = '     (mmux|)';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([noise, exited(2, 1)]);
    }),
  );

  it(
    'logs nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -m--u--(x|)', values);
      const unsub = '        ---!       ';
      const subs = '         ^--!       ';
      const expected = '     -m--       ';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports)), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([noise]);
    }),
  );

  it(
    'ignores a hot source before its subscription and after its end',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   -u-m--n-', values);
      const sub = '          --^--!  ';
      const expected = '     ---m-   ';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports)), sub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(sub);
      flush();
      expect(logs).toEqual([noise]);
    }),
  );

  it(
    'logs a kind once, also hours later',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  m 180m m 180m (x|)', values);
      const subs = '         ^ 21600001ms !    ';
      const expected = '     m 180m m 180m (x|)';
      const { ports, logs } = fakePorts();

      expectObservable(source.pipe(logSignals(ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([noise, exited(2, 0)]);
    }),
  );

  it(
    'counts from 0 with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -m-(x|)       ', values);
      const firstSubs = '    ^--!          ';
      const first = '        -m-(x|)       ';
      const later = '        -------^      ';
      const laterSubs = '    -------^--!   ';
      const second = '       --------m-(x|)';
      const { ports, logs } = fakePorts();
      const logged$ = source.pipe(logSignals(ports));

      expectObservable(logged$).toBe(first, values);
      expectObservable(logged$, later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
      flush();
      expect(logs).toEqual([noise, exited(1, 0), noise, exited(1, 0)]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['T', 'a', 'r', 'x'].flatMap((letter) => values[letter] ?? []),
    );
    source$.pipe(logSignals(fakePorts().ports), take(2)).subscribe();

    expect(emitted).toEqual([values.T, values.a]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--a--r--(x|)', values);
      const unsub = '        ------!       ';
      const subs = '         ^-----!       ';
      const expected = '     --T--a-       ';
      const { ports } = fakePorts();
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        logSignals(ports),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
