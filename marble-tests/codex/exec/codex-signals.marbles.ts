import { tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../src/canonical/notice.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { codexSignals } from '../../../src/codex/exec/codex-signals.js';
import type { ProcessSignal } from '../../../src/process/run.js';
import { marbles } from '../../support/marbles.js';

const stdout = (text: string): ProcessSignal => ({ type: 'stdout', chunk: Buffer.from(text) });
const thread = '{"type":"thread.started","thread_id":"T1"}\n';
const turn = '{"type":"turn.started"}\n';
const done = '{"type":"turn.completed"}\n';

const signals: Record<string, ProcessSignal> = {
  T: stdout(thread),
  S: stdout(turn),
  C: stdout(done),
  c: stdout(done.trimEnd()),
  A: stdout(thread + turn + done),
  '1': stdout(done.slice(0, 9)),
  '2': stdout(done.slice(9)),
  n: stdout('noise\n'),
  u: stdout('{"type":"turn.paused"}\n'),
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
  k: {
    type: 'exited',
    code: null,
    signal: 'SIGKILL',
    stderr: 'last words',
    cancelled: { reason: 'host', graceMs: 5_000 },
  },
};
const decoded: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T1' },
  S: { type: 'turn.started' },
  C: { type: 'turn.completed' },
  n: { type: 'malformed', reason: 'not JSON', sample: 'noise' },
  u: { type: 'unrecognised', kind: 'event turn.paused' },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
  k: {
    type: 'exited',
    code: null,
    signal: 'SIGKILL',
    stderr: 'last words',
    cancelled: { reason: 'host', graceMs: 5_000 },
  },
};

describe('codexSignals', () => {
  it(
    'reads each line when it is whole, and the exit last',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--1--2--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     T--S-----C--(x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'puts a last line without line feed before the exit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--c-----(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     T--S--------(Cx|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'holds the exit until the source ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--c--x-----|   ', signals);
      const subs = '         ^-----------!   ';
      const expected = '     T-----------(Cx|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'passes an exit on as it came, also one without any output',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------(k|)      ', signals);
      const subs = '         ^-----!         ';
      const expected = '     ------(k|)      ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'goes on after noise and unknown events',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  n--T--u--C--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     n--T--u--C--(x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|             ', signals);
      const subs = '         ^-!             ';
      const expected = '     --|             ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits with a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----------------', signals);
      const subs = '         ^---------------';
      const expected = '     ----------------';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--c--#      ', signals);
      const subs = '         ^--------!      ';
      const expected = '     T--S-----#      ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order in a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (Ax|)           ', signals);
      const subs = '         (^!)            ';
      const expected = '     (TSCx|)         ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'says nothing once it is unsubscribed, not even half a line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--c-----(x|)', signals);
      const unsub = '        ^-------!       ';
      const subs = '         ^-------!       ';
      const expected = '     T--S-----       ';

      expectObservable(source.pipe(codexSignals()), unsub).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'drops what a hot source says after its end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   T--(x|)--C-#    ', signals);
      const subs = '         ^--!            ';
      const expected = '     T--(x|)         ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'sets no limit to a process that takes hours',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T 180m C 180m (x|)', signals);
      const subs = '         ^ 180m - 180m !   ';
      const expected = '     T 180m C 180m (x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'begins anew with every subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-1--2--(x|)    ', signals);
      const unsub = '        ^--!            ';
      const firstSubs = '    ^--!            ';
      const first = '        T---            ';
      const later = '        ----^           ';
      const laterSubs = '    ----^-------!   ';
      const second = '       ----T----C--(x|)';
      const signal$ = source.pipe(codexSignals());

      expectObservable(signal$, unsub).toBe(first, decoded);
      expectObservable(signal$, later).toBe(second, decoded);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'tells each line and the exit before it emits them, and emits the same',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-n-u-(k|)', signals);
      const subs = '         ^-----!   ';
      const expected = '     T-n-u-(k|)';
      const seen: unknown[] = [];
      const onNotice = (what: Notice): void => void seen.push(what);

      expectObservable(
        source.pipe(
          codexSignals(1_000, onNotice),
          tap(({ type }) => seen.push(type)),
        ),
      ).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(seen).toEqual([
        { raw: { type: 'thread.started', thread_id: 'T1' } },
        'thread.started',
        { malformed: { reason: 'not JSON', sample: 'noise' } },
        'malformed',
        { raw: { type: 'turn.paused' } },
        'unrecognised',
        { exited: { code: null, signal: 'SIGKILL' } },
        'exited',
      ]);
    }),
  );
});
