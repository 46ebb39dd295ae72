import { mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { logTurn, type TurnNotes } from '../../src/turn/log-turn.js';
import { marbles } from '../support/marbles.js';
import type { LogCall } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const usage = {
  input_tokens: 10,
  cached_input_tokens: 4,
  output_tokens: 2,
  reasoning_output_tokens: 1,
};
const values: Record<string, TurnEvent> = {
  M: { type: 'message_start', model: 'codex' },
  t: { type: 'text_delta', text: 'hello' },
  E: { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: THREAD },
  K: { type: 'message_end', stop_reason: 'cancelled', usage, thread_id: THREAD },
  F: { type: 'error', kind: 'network', message: 'codex: no', retryable: true },
};

const logging = (notes: TurnNotes = { malformed: 0, unrecognised: 0 }) => {
  const logs: LogCall[] = [];
  return {
    logs,
    notes,
    log: logTurn(
      notes,
      (level, msg, fields) =>
        void logs.push({ level, msg, ...(fields === undefined ? {} : { fields }) }),
    ),
  };
};
const said = (fields: object) => [{ level: 'info', msg: 'a turn ended', fields }];

describe('logTurn', () => {
  it(
    'logs one line with the outcome of a turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  ----M---t---t--(E|)', values);
      const subs = '         ^--------------!   ';
      const expected = '     ----M---t---t--(E|)';
      const { log, logs } = logging({ malformed: 1, unrecognised: 2, turnId: 'turn_1' });

      expectObservable(source.pipe(log)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      const counted = { events: 4, malformed: 1, unrecognised: 2 };
      expect(logs).toEqual(
        said({
          outcome: 'completed',
          thread_id: THREAD,
          turn_id: 'turn_1',
          waited_ms: 4,
          duration_ms: 11,
          ...usage,
          ...counted,
        }),
      );
    }),
  );

  it.each([
    ['K', { outcome: 'cancelled', thread_id: THREAD, ...usage }],
    ['F', { outcome: 'failed', kind: 'network' }],
  ])('logs the outcome: %s', (end, outcome) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(`M--(${end}|)`, values);
      const subs = '       ^--!        ';
      const expected = `   M--(${end}|)`;
      const { log, logs } = logging();

      expectObservable(source.pipe(log)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual(
        said({
          ...outcome,
          waited_ms: 0,
          duration_ms: 3,
          events: 2,
          malformed: 0,
          unrecognised: 0,
        }),
      );
    })();
  });

  it(
    'logs the counts at the end of the turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M--t-(E|)', values);
      const subs = '         ^----!   ';
      const expected = '     M--t-(E|)';
      const { log, logs, notes } = logging();
      void cold('            ---n|    ').forEach(() => void (notes.malformed += 1));

      expectObservable(source.pipe(log)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toMatchObject(said({ malformed: 1 }));
    }),
  );

  it.each([
    ['nothing of a source that is empty', '|    ', '(^!) '],
    ['nothing of a turn without an end', 'M--t|', '^---!'],
    ['nothing of a source that never ends', '-----', '^    '],
  ])('logs %s', (_what, marble, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(marble, values);
      const { log, logs } = logging();

      expectObservable(source.pipe(log)).toBe(marble, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([]);
    })();
  });

  it(
    'fails with the source, and logs nothing',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M--t-#', values);
      const subs = '         ^----!';
      const expected = '     M--t-#';
      const { log, logs } = logging();

      expectObservable(source.pipe(log)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'logs a synchronous turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  (MtE|)', values);
      const subs = '         (^!)  ';
      const expected = '     (MtE|)';
      const { log, logs } = logging();

      expectObservable(source.pipe(log)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toMatchObject(said({ waited_ms: 0, duration_ms: 0, events: 3 }));
    }),
  );

  it(
    'logs nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M--t-(E|)', values);
      const unsub = '        ----!    ';
      const subs = '         ^---!    ';
      const expected = '     M--t-    ';
      const { log, logs } = logging();

      expectObservable(source.pipe(log), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'measures hours, and each subscription by itself',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M 120m t(E|)                  ', values);
      const subs = '         ^ 120m -!                     ';
      const later = '        - 180m ^                      ';
      const laterSubs = '    - 180m ^ 120m -!              ';
      const first = '        M 120m t(E|)                  ';
      const second = '       - 180m M 120m t(E|)           ';
      const { log, logs } = logging();

      expectObservable(source.pipe(log)).toBe(first, values);
      expectObservable(source.pipe(log), later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
      flush();
      expect(logs).toMatchObject([
        ...said({ duration_ms: 7_200_002 }),
        ...said({ duration_ms: 7_200_002 }),
      ]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['M', 't', 't', 'E'].flatMap((letter) => values[letter] ?? []),
    );
    source$.pipe(logging().log, take(2)).subscribe();

    expect(emitted).toEqual([values.M, values.t]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--t--(E|)', values);
      const unsub = '        ----!       ';
      const subs = '         ^---!       ';
      const expected = '     M--t-       ';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        logging().log,
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
