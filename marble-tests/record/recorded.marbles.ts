import { asyncScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../../src/canonical/notice.js';
import { type Recording, recorded } from '../../src/record/recorded.js';
import { readRecords, type TurnRecord } from '../../src/record/turn-record.js';
import { marbles } from '../support/marbles.js';

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

/** A recording with room for so many lines; `ends` counts its ends. */
const kept = (room = Infinity) => {
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
    operator: recorded(turn, () => recording, asyncScheduler),
    records: (): readonly (readonly TurnRecord[])[] => {
      const { turns, malformed } = readRecords(lines.join(''));
      expect(malformed).toBe(0);
      return turns;
    },
  };
};
const begun = (ms = 0, at = '1970-01-01T00:00:00.000Z') => ({
  ms: 0,
  turn: { ...head, at: new Date(Date.parse(at) + ms).toISOString() },
});

describe('recorded', () => {
  it(
    'writes the turn, and each thing that is told with its time',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  wM-r-m-c 60s d-t-x-(E|)', values);
      const subs = '         ^------- 60s ------!   ';
      const expected = '     wM-r-m-c 60s d-t-x-(E|)';
      const { operator, records, state } = kept();

      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      const { w, M, r, m, c, d, t, x, E } = values;
      expect(records()).toEqual([
        [
          begun(),
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
  ])('ends the record of a turn that %s', (_what, marble, subs, keys) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(marble, values);
      const { operator, records, state } = kept();

      expectObservable(source.pipe(operator)).toBe(marble, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(records().map((lines) => lines.map((line) => Object.keys(line)[1]))).toEqual([keys]);
      expect(state.ends).toBe(1);
    })();
  });

  it(
    'does not end the record of a turn that never ends',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-----', values);
      const subs = '         ^     ';
      const expected = '     M-----';
      const { operator, state } = kept();

      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(state.ends).toBe(0);
    }),
  );

  it(
    'ends it when it is unsubscribed; what comes later is not written',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   M--t--E|', values);
      const unsub = '        ----!   ';
      const subs = '         ^---!   ';
      const expected = '     M--t    ';
      const { operator, records, state } = kept();

      expectObservable(source.pipe(operator), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(records()).toEqual([[begun(), { ms: 0, ...values['M'] }, { ms: 3, ...values['t'] }]]);
      expect(state.ends).toBe(1);
    }),
  );

  it(
    'counts at the end the lines for which there was no room, and loses no value',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-t-t-(E|)', values);
      const subs = '         ^-----!   ';
      const expected = '     M-t-t-(E|)';
      const { operator, records } = kept(2);

      expectObservable(source.pipe(operator)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(records()).toEqual([
        [begun(), { ms: 0, ...values['M'] }, { ms: 6, dropped: { lines: 3 } }],
      ]);
    }),
  );

  it(
    'begins a record with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-(F|)         ', values);
      const later = '        -----^         ';
      const { operator, records } = kept();
      const recorded$ = source.pipe(operator);

      expectObservable(recorded$).toBe('       M-(F|)         ', values);
      expectObservable(recorded$, later).toBe('-----M-(F|)    ', values);
      expectSubscriptions(source.subscriptions).toBe(['^-!            ', '-----^-!       ']);
      flush();
      expect(records().map(([first]) => first)).toEqual([begun(), begun(5)]);
    }),
  );
});
