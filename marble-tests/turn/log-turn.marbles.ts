import { map, merge, mergeMap, of, Subject, take, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { logTurn } from '../../src/turn/log-turn.js';
import { createTurnNotes, type TurnFacts } from '../../src/turn/turn-notes.js';
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
const letters: Readonly<Record<string, string>> = {
  message_start: 'M',
  text_delta: 't',
  message_end: 'E',
};

/** The operator, with a log that emits each message at the moment of the call. */
const lab = (known?: TurnFacts) => {
  const notes = createTurnNotes();
  const log$ = new Subject<LogCall>();
  const operator = logTurn(
    known === undefined ? notes : { soFar: () => known },
    (level, msg, fields) => log$.next({ level, msg, ...(fields && { fields }) }),
  );
  return { log$, notes, operator };
};
const ended = (fields: object): LogCall => ({
  level: 'info',
  msg: 'a turn ended',
  fields: { ...fields },
});
/** The fields of a turn without notes. */
const completed = { outcome: 'completed', thread_id: THREAD, ...usage };
const noCounts = { malformed: 0, unrecognised: 0 };

describe('logTurn', () => {
  it(
    'logs one line with the outcome of a turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----M---t---t--(E|)', values);
      const subs = '         ^--------------!   ';
      const logged = '       ---------------L---';
      const expected = '     ----M---t---t--(E|)';
      const { operator, log$ } = lab({ malformed: 1, unrecognised: 2, turnId: 'turn_1' });
      const times = { waited_ms: 4, duration_ms: 11 };
      const counts = { events: 4, malformed: 1, unrecognised: 2 };

      expectObservable(log$).toBe(logged, {
        L: ended({ ...completed, turn_id: 'turn_1', ...times, ...counts }),
      });
      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['K', { outcome: 'cancelled', thread_id: THREAD, ...usage }],
    ['F', { outcome: 'failed', kind: 'network' }],
  ])('logs the outcome: %s', (end, outcome) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(`M--(${end}|)`, values);
      const subs = '       ^--!        ';
      const logged = '     ---L--------';
      const expected = `   M--(${end}|)`;
      const { operator, log$ } = lab();

      expectObservable(log$).toBe(logged, {
        L: ended({ ...outcome, waited_ms: 0, duration_ms: 3, events: 2, ...noCounts }),
      });
      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'logs the outcome before the host gets the terminal event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t-(E|)', values);
      const subs = '         ^----!   ';
      const expected = '     M--t-(LE)';
      const { operator, log$ } = lab();
      const event$ = source.pipe(
        operator,
        map(({ type }) => letters[type]),
      );

      expectObservable(merge(log$.pipe(map(() => 'L')), event$)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs the counts at the end of the turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t-(E|)', values);
      const noise = cold('   ---n|    ');
      const subs = '         ^----!   ';
      const logged = '       -----L---';
      const expected = '     M--t-(E|)';
      const { operator, log$, notes } = lab();
      const counted$ = noise.pipe(tap(() => notes.count('malformed')));

      expectObservable(counted$).toBe('---n|');
      expectObservable(log$).toBe(logged, {
        L: ended({
          ...completed,
          waited_ms: 0,
          duration_ms: 5,
          events: 3,
          malformed: 1,
          unrecognised: 0,
        }),
      });
      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['nothing of a source that is empty', '|    ', '(^!) '],
    ['nothing of a turn without an end', 'M--t|', '^---!'],
    ['nothing of a source that never ends', '-----', '^    '],
  ])('logs %s', (_what, marble, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(marble, values);
      const { operator, log$ } = lab();

      expectObservable(log$).toBe('-----');
      expectObservable(source.pipe(operator)).toBe(marble, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'fails with the source, and logs nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t-#', values);
      const subs = '         ^----!';
      const logged = '       ------';
      const expected = '     M--t-#';
      const { operator, log$ } = lab();

      expectObservable(log$).toBe(logged);
      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs a synchronous turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (MtE|)', values);
      const subs = '         (^!)  ';
      const logged = '       L     ';
      const expected = '     (MtE|)';
      const { operator, log$ } = lab();

      expectObservable(log$).toBe(logged, {
        L: ended({ ...completed, waited_ms: 0, duration_ms: 0, events: 3, ...noCounts }),
      });
      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t-(E|)', values);
      const unsub = '        ----!    ';
      const subs = '         ^---!    ';
      const logged = '       ---------';
      const expected = '     M--t-    ';
      const { operator, log$ } = lab();

      expectObservable(log$).toBe(logged);
      expectObservable(source.pipe(operator), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'measures hours, and each subscription by itself',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M 120m t(E|)                  ', values);
      const subs = '         ^ 120m -!                     ';
      const later = '        - 180m ^                      ';
      const laterSubs = '    - 180m ^ 120m -!              ';
      const first = '        M 120m t(E|)                  ';
      const second = '       - 180m M 120m t(E|)           ';
      const logged = '       - 120m -L 60m 120m L          ';
      const { operator, log$ } = lab();
      const fields = { waited_ms: 0, duration_ms: 7_200_002, events: 3, ...noCounts };

      expectObservable(log$).toBe(logged, { L: ended({ ...completed, ...fields }) });
      expectObservable(source.pipe(operator)).toBe(first, values);
      expectObservable(source.pipe(operator), later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['M', 't', 't', 'E'].flatMap((letter) => values[letter] ?? []),
    );
    source$.pipe(lab().operator, take(2)).subscribe();

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
        lab().operator,
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
