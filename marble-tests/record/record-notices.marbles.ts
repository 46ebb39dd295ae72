import { asyncScheduler, mergeMap, Observable, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Notice, OnNotice } from '../../src/canonical/notice.js';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import {
  MAX_TEXT,
  noticesOf,
  type Recording,
  recordLine,
  recordNotices,
} from '../../src/record/record-notices.js';
import { readRecords, type TurnRecord } from '../../src/record/turn-record.js';
import { marbles } from '../support/marbles.js';
import { testSynchronousStop } from '../support/unsubscription.js';

const values: Record<string, Notice> = {
  M: { event: { type: 'message_start', model: 'codex' } },
  t: { event: { type: 'text_delta', text: 'hello' } },
  E: {
    event: {
      type: 'message_end',
      stop_reason: 'end_turn',
      usage: {
        input_tokens: 1,
        cached_input_tokens: 0,
        output_tokens: 1,
        reasoning_output_tokens: 0,
      },
      thread_id: 'th',
    },
  },
  F: {
    event: { type: 'error', kind: 'network', message: 'no', retryable: true, retry_after_ms: 5 },
  },
  w: { wait: { ahead: 1 } },
  r: { raw: { type: 'turn.started' } },
  m: { malformed: { reason: 'not JSON', sample: 'x' } },
  x: { exited: { code: null, signal: 'SIGINT' } },
  c: { call: { id: 1, tool: 'look_up' } },
  d: { returned: { id: 1, is_error: false } },
};
const turn = {
  agentId: 'a',
  modelId: 'codex',
  workspace: '/w',
  text: 'hello '.repeat(100),
  transport: 'app-server',
} as const;
const head = {
  version: 1,
  agent_id: 'a',
  model: 'codex',
  workspace: '/w',
  transport: 'app-server',
  text: turn.text.slice(0, 200),
};

/** A recording that accepts `room` lines and counts its ends. */
const createRecording = (room = Infinity) => {
  const lines: string[] = [];
  const state = { ends: 0 };
  const recording: Recording = {
    write: (line) => lines.length < room && lines.push(line) > 0,
    end: (last) => {
      state.ends += 1;
      lines.push(last);
    },
  };
  return {
    state,
    operator: recordNotices(turn, () => recording, asyncScheduler),
    records: (): readonly (readonly TurnRecord[])[] => {
      const { turns, malformed } = readRecords(lines.join(''));
      expect(malformed).toBe(0);
      return turns;
    },
  };
};
const firstLine = (ms = 0, at = '1970-01-01T00:00:00.000Z') => ({
  ms: 0,
  turn: { ...head, at: new Date(Date.parse(at) + ms).toISOString() },
});

describe('recordNotices', () => {
  it(
    'writes a line for the turn and one for each notice, with its time',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  wM-r-m-c 60s d-t-x-(E|)', values);
      const subs = '         ^------- 60s ------!   ';
      const expected = '     wM-r-m-c 60s d-t-x-(E|)';
      const { operator, records, state } = createRecording();

      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      const { w, M, r, m, c, d, t, x, E } = values;
      expect(records()).toEqual([
        [
          firstLine(),
          { ms: 0, ...w },
          { ms: 1, ...M },
          { ms: 3, ...r },
          { ms: 5, ...m },
          { ms: 7, ...c },
          { ms: 60_008, ...d },
          { ms: 60_010, ...t },
          { ms: 60_012, ...x },
          { ms: 60_014, ...E },
        ],
      ]);
      expect(state.ends).toBe(1);
    }),
  );

  it.each([
    ['completes', 'M-(F|)', '^-!   ', ['turn', 'event', 'event']],
    ['is empty', '|     ', '(^!)  ', ['turn']],
    ['fails', 'M--#  ', '^--!  ', ['turn', 'event']],
    ['bursts', '(MtF|)', '(^!)  ', ['turn', 'event', 'event', 'event']],
  ])('ends the record when the source %s', (_what, marble, subs, keys) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(marble, values);
      const { operator, records, state } = createRecording();

      expectObservable(source.pipe(operator)).toBe(marble, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(records().map((lines) => lines.map((line) => Object.keys(line)[1]))).toEqual([keys]);
      expect(state.ends).toBe(1);
    })();
  });

  it(
    'does not end the record while the source is active',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-----', values);
      const subs = '         ^     ';
      const expected = '     M-----';
      const { operator, state } = createRecording();

      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(state.ends).toBe(0);
    }),
  );

  it(
    'ends the record on unsubscribe and writes no later notice',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   M--t--E|', values);
      const unsub = '        ----!   ';
      const subs = '         ^---!   ';
      const expected = '     M--t    ';
      const { operator, records, state } = createRecording();

      expectObservable(source.pipe(operator), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(records()).toEqual([
        [firstLine(), { ms: 0, ...values['M'] }, { ms: 3, ...values['t'] }],
      ]);
      expect(state.ends).toBe(1);
    }),
  );

  it(
    'counts the dropped lines in the last line and still emits every notice',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-t-t-(E|)', values);
      const subs = '         ^-----!   ';
      const expected = '     M-t-t-(E|)';
      const { operator, records } = createRecording(2);

      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(records()).toEqual([
        [firstLine(), { ms: 0, ...values['M'] }, { ms: 6, dropped: { lines: 3 } }],
      ]);
    }),
  );

  it(
    'begins a new record for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-(F|)         ', values);
      const later = '        -----^         ';
      const { operator, records } = createRecording();
      const recorded$ = source.pipe(operator);

      expectObservable(recorded$).toBe('       M-(F|)         ', values);
      expectObservable(recorded$, later).toBe('-----M-(F|)    ', values);
      expectSubscriptions(source.subscriptions).toBe(['^-!            ', '-----^-!       ']);
      flush();
      expect(records().map(([first]) => first)).toEqual([firstLine(), firstLine(5)]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const emitted: number[] = [];
    const source = new Observable<Notice>((subscriber) => {
      for (let n = 1; !subscriber.closed && n < 10; n += 1) {
        emitted.push(n);
        subscriber.next({ wait: { ahead: n } });
      }
    });
    const { operator, state } = createRecording();

    source.pipe(operator, take(2)).subscribe();
    expect(emitted).toEqual([1, 2]);
    expect(state.ends).toBe(1);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   M--t--E|', values);
      const unsub = '        ----!   ';
      const subs = '         ^---!   ';
      const expected = '     M--t    ';
      const { operator } = createRecording();
      const chained$ = source.pipe(
        mergeMap((notice) => of(notice)),
        operator,
        mergeMap((notice) => of(notice)),
      );

      expectObservable(chained$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

/** A turn of these marbles: emits the events and passes the rest to `onNotice`. */
const turnOf =
  (source$: Observable<Notice>) =>
  (onNotice: OnNotice): Observable<TurnEvent> =>
    source$.pipe(
      mergeMap((notice) => {
        if ('event' in notice) return [notice.event];
        onNotice(notice);
        return [];
      }),
    );

describe('noticesOf', () => {
  it(
    'emits notices and events in their order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -w-M-r--t--|', values);
      const subs = '         ^----------!';
      const expected = '     -w-M-r--t--|';

      expectObservable(noticesOf(turnOf(source))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a synchronous burst of notices and events in order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (wMrt|)', values);
      const subs = '         (^!)   ';
      const expected = '     (wMrt|)';

      expectObservable(noticesOf(turnOf(source))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['completes with an empty turn', '|     ', '(^!)  '],
    ['emits nothing while the turn emits nothing', '------', '^     '],
    ['fails with the turn', '-w-M-#', '^----!'],
    ['emits the notices of a turn without events', '-w-r-|', '^----!'],
  ])('%s', (_what, marble, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(marble, values);

      expectObservable(noticesOf(turnOf(source))).toBe(marble, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'unsubscribes from the turn and ignores later notices',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   -w-M-r--t--|', values);
      const unsub = '        ----!       ';
      const subs = '         ^---!       ';
      const expected = '     -w-M        ';

      expectObservable(noticesOf(turnOf(source)), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores notices after the end of the turn',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  -M-|   ', values);
      const late = hot('     -----w-', values);
      const subs = '         ^--!   ';
      const expected = '     -M-|   ';
      const listeners: OnNotice[] = [];

      expectObservable(
        noticesOf((onNotice) => (listeners.push(onNotice), turnOf(source)(onNotice))),
      ).toBe(expected, values);
      expectObservable(
        late.pipe(mergeMap((what) => listeners.map((onNotice) => onNotice(what)))),
      ).toBe('-----u-', { u: undefined });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs the turn again for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -w-M|        ', values);
      const later = '        ------^      ';
      const turn$ = noticesOf(turnOf(source));

      expectObservable(turn$).toBe('       -w-M|        ', values);
      expectObservable(turn$, later).toBe('-------w-M|  ', values);
      expectSubscriptions(source.subscriptions).toBe(['^---!        ', '------^---!  ']);
    }),
  );

  it('stops a synchronous turn when unsubscribed', () => {
    const emitted: number[] = [];
    const turn$ = new Observable<TurnEvent>((subscriber) => {
      for (let n = 1; !subscriber.closed && n < 10; n += 1) {
        emitted.push(n);
        subscriber.next({ type: 'text_delta', text: `${n}` });
      }
    });

    noticesOf(() => turn$)
      .pipe(take(2))
      .subscribe();
    expect(emitted).toEqual([1, 2]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -w-M-r--t--|', values);
      const unsub = '        ----!       ';
      const subs = '         ^---!       ';
      const expected = '     -w-M        ';
      const chain$ = of(source).pipe(
        mergeMap((turn$) => noticesOf(turnOf(turn$))),
        mergeMap((notice) => of(notice)),
      );

      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  testSynchronousStop('wMr', values, (source$) => noticesOf(turnOf(source$)));
});

describe('recordLine', () => {
  it('is one line of JSON with a tenth of a millisecond', () => {
    expect(recordLine(12.3456, { wait: { ahead: 1 } })).toBe('{"ms":12.3,"wait":{"ahead":1}}\n');
    expect(recordLine(0, { raw: { text: 'a\nb\u2028c' } })).toBe(
      '{"ms":0,"raw":{"text":"a\\nb\u2028c"}}\n',
    );
  });

  it.each([
    [{ message: 'the key sk-1234567890abcdef is wrong' }],
    [{ headers: [{ Authorization: 'Bearer 1234567890abcdef' }] }],
    [{ deep: { password: '1234567890abcdef' } }],
    [{ api_key: '1234567890abcdef' }],
    [{ arguments: '{"api_key":"1234567890abcdef"}' }],
  ])('contains no secret of %j', (raw) => {
    const line = recordLine(0, { raw }) ?? '';
    expect(line).not.toContain('1234567890abcdef');
    expect(JSON.parse(line)).toMatchObject({ raw: expect.any(Object) });
  });

  it('does not change texts without a secret', () => {
    const raw = { 'a: b': 'c', key: 'value', sk: 'sk-', '': '', list: [1, null, true, 'x'] };
    expect(JSON.parse(recordLine(0, { raw }) ?? '')).toEqual({ ms: 0, raw });
  });

  it('cuts a string after MAX_TEXT characters', () => {
    const { raw } = JSON.parse(recordLine(0, { raw: 'x'.repeat(MAX_TEXT + 1) }) ?? '');
    expect(raw).toBe(`${'x'.repeat(MAX_TEXT)}… (cut: ${MAX_TEXT + 1} characters)`);
  });

  it('is undefined for a notice that is no JSON', () => {
    expect(recordLine(0, { raw: 1n })).toBeUndefined();
    let deep: unknown = 0;
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(recordLine(0, { raw: deep })).toBeUndefined();
  });
});
