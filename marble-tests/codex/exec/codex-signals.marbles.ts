import { mergeMap, of, take, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../src/canonical/notice.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { codexSignals } from '../../../src/codex/exec/codex-signals.js';
import type { ProcessSignal } from '../../../src/process/run.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const stdout = (text: string): ProcessSignal => ({ type: 'stdout', chunk: Buffer.from(text) });
const thread = '{"type":"thread.started","thread_id":"T1"}\n';
const turn = '{"type":"turn.started"}\n';
const done = '{"type":"turn.completed"}\n';
const message =
  '{"type":"item.completed","item":{"id":"item_0","type":"agent_message","text":"a \\"b\\""}}\n';
const item = { id: 'item_0', type: 'agent_message', text: 'a "b"' } as const;

const signals: Record<string, ProcessSignal> = {
  T: stdout(thread),
  S: stdout(turn),
  C: stdout(done),
  c: stdout(done.trimEnd()),
  A: stdout(thread + turn + done),
  '1': stdout(done.slice(0, 9)),
  '2': stdout(done.slice(9)),
  m: stdout(message),
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
  m: { type: 'item.completed', item },
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

/** A part of a text of more than 1 MiB, so that it is read while its line arrives. */
const part = String.raw`more \"text\", ä 🎉\n`.repeat(60_000);
const opening = '{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"';
const long: Record<string, ProcessSignal> = {
  '1': stdout(opening + part),
  '2': stdout(part),
  '3': stdout('end"}}\n'),
  E: stdout('\n'),
};
const longItem = {
  id: 'item_1',
  type: 'agent_message',
  text: `${'more "text", ä 🎉\n'.repeat(120_000)}end`,
} as const;
const whole: CodexSignal = { type: 'item.completed', item: longItem };
const half: CodexSignal = {
  type: 'malformed',
  reason: 'not JSON',
  sample: (opening + part).slice(0, 200),
};

describe('codexSignals', () => {
  it(
    'emits each line when its LF arrives, and the exit last',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--1--2--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     T--S-----C--(x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a last line without LF before the exit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--c-----(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     T--S--------(Cx|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits each line of a large chunk once and in order, long lines too',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const ids = [1, 9_000, 16_384, 40_000, 3, 16_300, 20].map((size, i) =>
        String(i).repeat(size),
      );
      const text = ids.map((id) => `{"type":"thread.started","thread_id":"${id}"}\n`).join('');
      const values = Object.fromEntries(
        ids.map((thread_id, i) => [i, { type: 'thread.started', thread_id }]),
      );
      const source = cold('  A-----------(x|)', { ...signals, A: stdout(text) });
      const subs = '         ^-----------!   ';
      const expected = '     (0123456)---(x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, { ...decoded, ...values });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a message of several MiB once, when its LF arrives',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  1--2--3--m--(x|)', { ...signals, ...long });
      const subs = '         ^-----------!   ';
      const expected = '     ------l--m--(x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, { ...decoded, l: whole });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a message of several MiB without its end as malformed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  1--2--E--1--(x|)', { ...signals, ...long });
      const subs = '         ^-----------!   ';
      const expected = '     ------e-----(ex|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, { ...decoded, e: half });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'drops a message of several MiB when it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  1--2--3--(x|)   ', { ...signals, ...long });
      const unsub = '        ^----!          ';
      const subs = '         ^----!          ';
      const expected = '     ------          ';

      expectObservable(source.pipe(codexSignals()), unsub).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'holds the exit until the source completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--c--x-----|   ', signals);
      const subs = '         ^-----------!   ';
      const expected = '     T-----------(Cx|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'passes the exit through when there is no output',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------(k|)      ', signals);
      const subs = '         ^-----!         ';
      const expected = '     ------(k|)      ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'continues after malformed lines and unknown events',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  n--T--u--C--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     n--T--u--C--(x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes without a value when the source is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|             ', signals);
      const subs = '         ^-!             ';
      const expected = '     --|             ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not emit or complete when the source never does',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----------------', signals);
      const subs = '         ^---------------';
      const expected = '     ----------------';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when the source fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--c--#      ', signals);
      const subs = '         ^--------!      ';
      const expected = '     T--S-----#      ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of synchronous values',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (Ax|)           ', signals);
      const subs = '         (^!)            ';
      const expected = '     (TSCx|)         ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing after unsubscribe, not even an incomplete line',
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
    'ignores a hot source after its completion',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   T--(x|)--C-#    ', signals);
      const subs = '         ^--!            ';
      const expected = '     T--(x|)         ';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'has no time limit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T 180m C 180m (x|)', signals);
      const subs = '         ^ 180m - 180m !   ';
      const expected = '     T 180m C 180m (x|)';

      expectObservable(source.pipe(codexSignals())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts over for each subscription',
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
    'calls onNotice with each line and the exit before it emits them',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-m-n-u-(k|)', signals);
      const subs = '         ^-------!   ';
      const expected = '     T-m-n-u-(k|)';
      const seen: unknown[] = [];
      const onNotice = (notice: Notice): void => void seen.push(notice);

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
        { raw: { type: 'item.completed', item } },
        'item.completed',
        { malformed: { reason: 'not JSON', sample: 'noise' } },
        'malformed',
        { raw: { type: 'turn.paused' } },
        'unrecognised',
        { exited: { code: null, signal: 'SIGKILL' } },
        'exited',
      ]);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--c-----(x|)', signals);
      const unsub = '        ^-------!       ';
      const subs = '         ^-------!       ';
      const expected = '     T--S-----       ';
      const signal$ = source.pipe(
        mergeMap((value) => of(value)),
        codexSignals(),
        mergeMap((value) => of(value)),
      );

      expectObservable(signal$, unsub).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['T', 'S', 'C', 'x'].flatMap((letter) => signals[letter] ?? []),
    );
    source$.pipe(codexSignals(), take(2)).subscribe();

    expect(emitted).toEqual([signals.T, signals.S]);
  });
});
