import { mergeMap, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { logSignals } from '../../src/turn/log-signals.js';
import { createTurnNotes } from '../../src/turn/turn-notes.js';
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

const notes = createTurnNotes;

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
const exited = (malformed: number, unrecognised: number, status: object = {}): LogCall => ({
  level: 'debug',
  msg: 'codex exited',
  fields: { code: 0, signal: null, malformed, unrecognised, ...status },
});
/** Messages for a diagram of the log. `0` is the exit of a codex without an unusable line. */
const messages = {
  P: problem,
  W: warning,
  N: noise,
  I: itemless,
  0: exited(0, 0),
};

/** Ports whose messages and unknown kinds are emitted at the moment of the call. */
const lab = () => {
  const log$ = new Subject<LogCall>();
  const drift$ = new Subject<string>();
  const { ports } = fakePorts({
    log: (level, msg, fields) => log$.next({ level, msg, ...(fields && { fields }) }),
    drift: (kind) => {
      drift$.next(kind);
      return true;
    },
  });
  return { ports, log$, drift$ };
};

describe('logSignals', () => {
  it(
    'emits each signal and logs warnings and problems',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --T--w--r--a--(x|)', values);
      const subs = '         ^-------------!   ';
      const logged = '       -----W--P-----0   ';
      const expected = '     --T--w--r--a--(x|)';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, messages);
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs each kind of malformed line once, reports unknown kinds, and counts both',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -m-m-u-n-v-u-m-(x|)', values);
      const subs = '         ^--------------!   ';
      const logged = '       -N-----I-------X   ';
      const drifted = '      -----u---v-u-------';
      const expected = '     -m-m-u-n-v-u-m-(x|)';
      const { ports, log$, drift$ } = lab();

      expectObservable(log$).toBe(logged, { ...messages, X: exited(4, 3) });
      expectObservable(drift$).toBe(drifted, {
        u: 'event later.event',
        v: 'item later_item',
      });
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs at most 20 kinds of malformed lines',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const kinds = '        abcdefghijklmnopqrstuvwxy'.trim();
      const subs = '         ^                        ';
      const logged = '       abcdefghijklmnopqrst     ';
      const malformed: Record<string, CodexSignal> = {};
      const logs: Record<string, LogCall> = {};
      for (const reason of kinds) {
        malformed[reason] = { type: 'malformed', reason, sample: '' };
        logs[reason] = { ...noise, fields: { reason, sample: '' } };
      }
      const source = cold(kinds, malformed);
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, logs);
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(kinds, malformed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs the signal that ended the process',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(k|)', values);
      const subs = '         ^-!   ';
      const logged = '       --X   ';
      const expected = '     --(k|)';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, { X: exited(0, 0, { code: null, signal: 'SIGINT' }) });
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs nothing for an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|', values);
      const subs = '         ^-!';
      const logged = '       ---';
      const expected = '     --|';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, messages);
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----', values);
      const subs = '         ^---';
      const logged = '       ----';
      const expected = '     ----';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, messages);
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -m-#', values);
      const subs = '         ^--!';
      const logged = '       -N--';
      const expected = '     -m-#';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, messages);
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of synchronous signals',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (mmux|)', values);
      const subs = '         (^!)   ';
      const logged = '       (NX)   ';
      const expected = '     (mmux|)';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, { ...messages, X: exited(2, 1) });
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -m--u--(x|)', values);
      const unsub = '        ---!       ';
      const subs = '         ^--!       ';
      const logged = '       -N---------';
      const expected = '     -m--       ';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, messages);
      expectObservable(source.pipe(logSignals(ports, notes())), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores a hot source before its subscription and after its end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   -u-m--n-', values);
      const sub = '          --^--!  ';
      const logged = '       ---N----';
      const expected = '     ---m-   ';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, messages);
      expectObservable(source.pipe(logSignals(ports, notes())), sub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(sub);
    }),
  );

  it(
    'logs a kind once, also hours later',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  m 180m m 180m (x|)', values);
      const subs = '         ^ 21600001ms !    ';
      const logged = '       N 21600001ms X    ';
      const expected = '     m 180m m 180m (x|)';
      const { ports, log$ } = lab();

      expectObservable(log$).toBe(logged, { ...messages, X: exited(2, 0) });
      expectObservable(source.pipe(logSignals(ports, notes()))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'adds to the notes of the turn with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -m-(x|)       ', values);
      const firstSubs = '    ^--!          ';
      const first = '        -m-(x|)       ';
      const later = '        -------^      ';
      const laterSubs = '    -------^--!   ';
      const second = '       --------m-(x|)';
      const logged = '       -N-X----N-Y   ';
      const { ports, log$ } = lab();
      const signals$ = source.pipe(logSignals(ports, notes()));

      expectObservable(log$).toBe(logged, { ...messages, X: exited(1, 0), Y: exited(2, 0) });
      expectObservable(signals$).toBe(first, values);
      expectObservable(signals$, later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['T', 'a', 'r', 'x'].flatMap((letter) => values[letter] ?? []),
    );
    source$.pipe(logSignals(fakePorts().ports, notes()), take(2)).subscribe();

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
        logSignals(ports, notes()),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
