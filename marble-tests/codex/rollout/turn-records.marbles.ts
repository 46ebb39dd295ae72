import { filter, map, mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  noUsage,
  type Terminal,
  type TurnEvent,
  type Usage,
} from '../../../src/canonical/turn-event.js';
import { ownFailure } from '../../../src/codex/events/failure.js';
import { type TurnRecordsOptions, turnRecords } from '../../../src/codex/rollout/turn-records.js';
import type { Parsed } from '../../../src/lines/parse-json.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const json = (value: unknown): Parsed => ({ type: 'json', value });
const item = (payload: unknown): Parsed =>
  json({ timestamp: '2026-11-20T23:43:54.034Z', ordinal: 7, type: 'response_item', payload });
const event = (payload: unknown): Parsed =>
  json({ timestamp: '2026-11-20T23:43:54.034Z', type: 'event_msg', payload });
const tokens = (input: number, cached: number, output: number, reasoning: number): Usage => ({
  input_tokens: input,
  cached_input_tokens: cached,
  output_tokens: output,
  reasoning_output_tokens: reasoning,
});
const spent = (thread_id: string, usage: Usage): Parsed =>
  json({
    type: 'token_usage_record',
    payload: { thread_id, usage: { ...usage, total_tokens: 7 } },
  });
const total = (usage: Usage): Parsed =>
  event({
    type: 'token_count',
    info: { total_token_usage: usage, last_token_usage: tokens(1, 1, 1, 1) },
  });
const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));

const records: Record<string, Parsed> = {
  c: item({
    type: 'function_call',
    id: 'fc_1',
    name: 'exec_command',
    arguments: '{"cmd":"ls"}',
    call_id: 'call_a',
  }),
  o: item({ type: 'function_call_output', id: 'fco_1', call_id: 'call_a', output: 'file' }),
  d: item({
    type: 'function_call',
    name: 'echo',
    namespace: 'mcp__lab',
    arguments: '{"text": "é"}',
    call_id: 'call_b',
  }),
  p: item({
    type: 'function_call_output',
    call_id: 'call_b',
    output: [
      { type: 'input_text', text: 'one' },
      { type: 'input_text', text: 'two' },
    ],
  }),
  k: item({
    type: 'custom_tool_call',
    call_id: 'call_k',
    name: 'exec',
    input: 'text("hi")\n',
    namespace: null,
  }),
  q: item({ type: 'custom_tool_call_output', call_id: 'call_k', output: 'hi' }),
  l: item({
    type: 'local_shell_call',
    call_id: 'call_l',
    status: 'completed',
    action: { type: 'exec', command: ['ls', '-l'] },
  }),
  h: item({
    type: 'function_call_output',
    call_id: 'call_l',
    output: { content: 'no', success: false },
  }),
  w: item({ type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: 'x' } }),
  y: item({
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'call_a' }],
  }),
  f: event({
    type: 'item_completed',
    item: { id: 'call_a', type: 'CommandExecution', status: 'failed' },
  }),
  g: event({
    type: 'item_completed',
    item: { id: 'call_a', type: 'CommandExecution', status: 'completed' },
  }),
  x: item({ type: 'function_call_output', call_id: 'call_a', output: deep }),
  v: item({ type: 'local_shell_call', call_id: 'call_a', action: deep }),
  j: item({ type: 'function_call', call_id: 'call_a', name: 'exec_command' }),
  m: { type: 'malformed', reason: 'not JSON', sample: 'noise' },
  u: spent('T1', tokens(100, 40, 20, 5)),
  n: spent('T2', tokens(7_000, 7_000, 7_000, 7_000)),
  s: total(tokens(1_100, 440, 120, 25)),
  t: total(tokens(1_200, 480, 140, 30)),
  z: event({ type: 'token_count', info: null }),
  b: event({ type: 'task_started', turn_id: 'turn-1' }),
  e: event({ type: 'task_started' }),
  '0': json(null),
  '1': json(5),
  '2': json([{ type: 'response_item' }]),
  '3': json({ type: 'response_item' }),
  '4': json({
    type: 'compacted',
    payload: {
      message: '',
      replacement_history: [
        { type: 'function_call', call_id: 'call_a', name: 'x', arguments: '{}' },
      ],
    },
  }),
};

const end: Terminal = {
  type: 'message_end',
  stop_reason: 'end_turn',
  usage: tokens(9, 9, 9, 9),
  thread_id: 'T1',
};
const cancelled: Terminal = { ...end, stop_reason: 'cancelled', usage: noUsage };
const failed: Terminal = ownFailure('network', 'gone');
const unanswered = (id: string): TurnEvent => ({
  type: 'tool_result',
  id,
  output: 'the turn ended before this call had an output',
  is_error: true,
});

/** The emitted events: `xyz` the call of c, `uvw` of d, `ijk` of k, `fgh` of l, and results. */
const events: Record<string, TurnEvent> = {
  x: { type: 'tool_call_start', id: 'call_a', name: 'exec_command' },
  y: { type: 'tool_call_delta', id: 'call_a', arguments: '{"cmd":"ls"}' },
  z: { type: 'tool_call_end', id: 'call_a' },
  r: { type: 'tool_result', id: 'call_a', output: 'file', is_error: false },
  R: { type: 'tool_result', id: 'call_a', output: 'file', is_error: true },
  N: unanswered('call_a'),
  u: { type: 'tool_call_start', id: 'call_b', name: 'echo', namespace: 'mcp__lab' },
  v: { type: 'tool_call_delta', id: 'call_b', arguments: '{"text": "é"}' },
  w: { type: 'tool_call_end', id: 'call_b' },
  s: { type: 'tool_result', id: 'call_b', output: 'one\ntwo', is_error: false },
  M: unanswered('call_b'),
  i: { type: 'tool_call_start', id: 'call_k', name: 'exec' },
  j: { type: 'tool_call_delta', id: 'call_k', arguments: '{"input":"text(\\"hi\\")\\n"}' },
  k: { type: 'tool_call_end', id: 'call_k' },
  q: { type: 'tool_result', id: 'call_k', output: 'hi', is_error: false },
  f: { type: 'tool_call_start', id: 'call_l', name: 'local_shell' },
  g: { type: 'tool_call_delta', id: 'call_l', arguments: '{"type":"exec","command":["ls","-l"]}' },
  h: { type: 'tool_call_end', id: 'call_l' },
  l: { type: 'tool_result', id: 'call_l', output: 'no', is_error: true },
  E: end,
  U: { ...end, usage: tokens(100, 40, 20, 5) },
  V: { ...end, usage: tokens(200, 80, 40, 10) },
  I: cancelled,
  J: { ...cancelled, usage: tokens(100, 40, 20, 5) },
  X: failed,
  Y: { ...failed, usage: tokens(100, 40, 20, 5) },
};
const before = tokens(1_000, 400, 100, 20);
const read = (turn: Partial<TurnRecordsOptions> = {}) =>
  turnRecords({ threadId: 'T1', terminal: end, onMalformed: () => undefined, ...turn });
const counted = (turn: Partial<TurnRecordsOptions> = {}) => {
  const counts: number[] = [];
  return { counts, read: read({ onMalformed: (lines) => counts.push(lines), ...turn }) };
};

describe('turnRecords', () => {
  it(
    'fails a turn whose prompt a hook has blocked, since codex reports it as completed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  b-----|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(B|)';
      const silent = { ...end, usage: noUsage };

      expectObservable(source.pipe(read({ terminal: silent }))).toBe(expected, {
        B: expect.objectContaining({ type: 'error', kind: 'content_filtered' }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a call and its output when their records arrive, and the end with the usage',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c-----o--u--|   ', records);
      const subs = '         ^-----------!   ';
      const expected = '     (xyz)-r-----(U|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'matches interleaved outputs to their calls by id',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----d----p-o-|   ', records);
      const subs = '         ^-------------!   ';
      const expected = '     (xyz)(uvw)s-r-(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'wraps the text input of a custom tool into JSON',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  k-----q--|   ', records);
      const subs = '         ^--------!   ';
      const expected = '     (ijk)-q--(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a local shell call, and its output as failed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  l-----h--|   ', records);
      const subs = '         ^--------!   ';
      const expected = '     (fgh)-l--(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a failed result for each call without an output, in order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----d----|     ', records);
      const subs = '         ^---------!     ';
      const expected = '     (xyz)(uvw)(NME|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a failed result only for calls without an output',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----d----p-|    ', records);
      const subs = '         ^-----------!    ';
      const expected = '     (xyz)(uvw)s-(NE|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores the output of a call of an earlier turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  o--c----p-o-|   ', records);
      const subs = '         ^-----------!   ';
      const expected = '     ---(xyz)--r-(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores a second output of a call',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----o-o-|   ', records);
      const subs = '         ^--------!   ';
      const expected = '     (xyz)r---(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits an error result for a call that codex reports as failed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----f-o-|   ', records);
      const subs = '         ^--------!   ';
      const expected = '     (xyz)--R-(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits no error for a call that codex reports as completed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----g-o-|   ', records);
      const subs = '         ^--------!   ';
      const expected = '     (xyz)--r-(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores other items, incomplete calls and the calls of compacted histories',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  w-y-j-4-o-|   ', records);
      const subs = '         ^---------!   ';
      const expected = '     ----------(E|)';

      expectObservable(source.pipe(read())).toBe(expected, {
        E: { ...end, compacted: true },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'continues after JSON that is not a record',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  0-1-2-3-c----o-|   ', records);
      const subs = '         ^--------------!   ';
      const expected = '     --------(xyz)r-(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'calls onTurnId with the id of the turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  b-e-c----o-|   ', records);
      const subs = '         ^----------!   ';
      const expected = '     ----(xyz)r-(E|)';
      const ids: string[] = [];

      expectObservable(source.pipe(read({ onTurnId: (id) => ids.push(id) }))).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(ids).toEqual(['turn-1']);
    }),
  );

  it(
    'calls onMalformed once, at the end, with the number of malformed lines',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  m-c----m-o|   ', records);
      const subs = '         ^---------!   ';
      const expected = '     --(xyz)--r(E|)';
      const { counts, read: reader } = counted();

      expectObservable(source.pipe(reader)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(counts).toEqual([2]);
    }),
  );

  it(
    'emits the first call of an id and its first output, and counts the others at the end',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  c----c-d----o-p-o-c-o-|   ', records);
      const subs = '         ^---------------------!   ';
      const expected = '     (xyz)--(uvw)r-s-------(E|)';
      const repeated: number[] = [];

      const reader = read({ onRepeated: (calls) => repeated.push(calls) });
      expectObservable(source.pipe(reader)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(repeated).toEqual([2]);
    }),
  );

  it(
    'does not call onMalformed when no line is malformed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  c----o-|   ', records);
      const subs = '         ^------!   ';
      const expected = '     (xyz)r-(E|)';
      const { counts, read: reader } = counted();

      expectObservable(source.pipe(reader)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(counts).toEqual([]);
    }),
  );

  it(
    'emits a result for an output that is nested too deeply for JSON.stringify',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----x-|   ', records);
      const subs = '         ^------!   ';
      const expected = '     (xyz)r-(E|)';
      const types = {
        x: 'tool_call_start',
        y: 'tool_call_delta',
        z: 'tool_call_end',
        r: 'tool_result',
        E: 'message_end',
      };

      expectObservable(
        source.pipe(
          read(),
          map(({ type }) => type),
        ),
      ).toBe(expected, types);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'continues after a call that is nested too deeply for JSON.stringify',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  v----d----p-|   ', records);
      const subs = '         ^-----------!   ';
      const expected = '     -----(uvw)s-(E|)';
      const others = filter((each: TurnEvent) => !('id' in each && each.id === 'call_a'));

      expectObservable(source.pipe(read(), others)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits only the end when the source is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|   ', records);
      const subs = '         ^-!   ';
      const expected = '     --(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not emit or complete when the source never does',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------', records);
      const subs = '         ^-----';
      const expected = '     ------';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails without a terminal event when the source fails',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  c----m-#', records);
      const subs = '         ^------!';
      const expected = '     (xyz)--#';
      const { counts, read: reader } = counted();

      expectObservable(source.pipe(reader)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(counts).toEqual([]);
    }),
  );

  it(
    'keeps the order of synchronous values',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (cdpmouk|)         ', records);
      const subs = '         (^!)               ';
      const last: TurnEvent = unanswered('call_k');
      const expected = '     (xyzuvwsrijkKU|)   ';

      expectObservable(source.pipe(read())).toBe(expected, { ...events, K: last });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  c----m-o-|', records);
      const unsub = '        ^-----!   ';
      const subs = '         ^-----!   ';
      const expected = '     (xyz)     ';
      const { counts, read: reader } = counted();

      expectObservable(source.pipe(reader), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(counts).toEqual([]);
    }),
  );

  it(
    'ignores a hot source after its completion',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   c----|-o-d-#', records);
      const subs = '         ^----!      ';
      const expected = '     (xyz)(NE|)  ';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'has no time limit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c 180m ----o 180m |   ', records);
      const subs = '         ^ 21600005ms !        ';
      const expected = '     (xyz) 180m r 180m (E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts over for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('    c----m-u-|                 ', records);
      const firstSubs = '      ^--------!                 ';
      const first = '          (xyz)----(NU|)             ';
      const later = '          -------------^             ';
      const laterSubs = '      -------------^--------!    ';
      const second = '         -------------(xyz)----(NU|)';
      const { counts, read: reader } = counted();
      const turn$ = source.pipe(reader);

      expectObservable(turn$).toBe(first, events);
      expectObservable(turn$, later).toBe(second, events);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
      flush();
      expect(counts).toEqual([1, 1]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const [call, output, later] = ['c', 'o', 'd'].flatMap((letter) => records[letter] ?? []);
    const { source$, emitted } = synchronous([call, output, later]);

    source$
      .pipe(
        filter((record) => record !== undefined),
        read(),
        take(4),
      )
      .subscribe();

    expect(emitted).toEqual([call, output]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----o--u--|', records);
      const unsub = '        ^------!    ';
      const subs = '         ^------!    ';
      const expected = '     (xyz)r--    ';
      const event$ = source.pipe(
        mergeMap((value) => of(value)),
        read(),
        mergeMap((value) => of(value)),
      );

      expectObservable(event$, unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('turnRecords, with usage', () => {
  it(
    'emits the sum of the usage records of the thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  u--u--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(V|)';

      expectObservable(source.pipe(read({ total: before }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores usage records of another thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  n-u-n-|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(U|)';

      expectObservable(source.pipe(read({ total: before }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'prefers usage records to totals',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  u--t--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(U|)';

      expectObservable(source.pipe(read({ total: before }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'subtracts the total before the turn from the last total without usage records',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--t--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(V|)';

      expectObservable(source.pipe(read({ total: before }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'uses the totals when all usage records are of another thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  n--t--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(V|)';

      expectObservable(source.pipe(read({ total: before }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the same usage for two identical turns of a thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const first = cold('   s--|   ', records);
      const second = cold('  t--|   ', records);
      const subs = '         ^--!   ';
      const expected = '     ---(U|)';

      expectObservable(first.pipe(read({ total: before }))).toBe(expected, events);
      expectObservable(second.pipe(read({ total: tokens(1_100, 440, 120, 25) }))).toBe(
        expected,
        events,
      );
      expectSubscriptions(first.subscriptions).toBe(subs);
      expectSubscriptions(second.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the usage of the terminal event without usage records and totals',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  z--z--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(E|)';

      expectObservable(source.pipe(read({ total: before }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the usage of the terminal event when the total before is unknown',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--t--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(E|)';

      expectObservable(source.pipe(read())).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores a later total of null',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--z--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(U|)';

      expectObservable(source.pipe(read({ total: before }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'adds the usage records to a cancelled turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  u--n--|   ', records);
      const subs = '         ^-----!   ';
      const expected = '     ------(J|)';

      expectObservable(source.pipe(read({ terminal: cancelled }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'adds the growth of the total to a cancelled turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--|   ', records);
      const subs = '         ^--!   ';
      const expected = '     ---(J|)';

      expectObservable(source.pipe(read({ terminal: cancelled, total: before }))).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps zero usage for a turn that was cancelled before its first request',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  z--|   ', records);
      const subs = '         ^--!   ';
      const expected = '     ---(I|)';

      expectObservable(source.pipe(read({ terminal: cancelled, total: before }))).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'adds the usage records to a failed turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  u--|   ', records);
      const subs = '         ^--!   ';
      const expected = '     ---(Y|)';

      expectObservable(source.pipe(read({ terminal: failed }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'adds the growth of the total to a failed turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s--|   ', records);
      const subs = '         ^--!   ';
      const expected = '     ---(Y|)';

      expectObservable(source.pipe(read({ terminal: failed, total: before }))).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'adds no usage to a failed turn without usage',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  z-s-|   ', records);
      const subs = '         ^---!   ';
      const expected = '     ----(X|)';

      expectObservable(
        source.pipe(read({ terminal: failed, total: tokens(1_100, 440, 120, 25) })),
      ).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'calls onUnknown with the kind of each unknown record',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -a-c-b-a-|  ', {
        ...records,
        a: event({ type: 'later' }),
        b: json({ type: 'later_record', payload: {} }),
      });
      const subs = '         ^--------!  ';
      const expected = '     ---(xyz)-(nE|)';
      const kinds: string[] = [];

      expectObservable(source.pipe(read({ onUnknown: (kind) => kinds.push(kind) }))).toBe(
        expected,
        { ...events, n: unanswered('call_a'), E: end },
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(kinds).toEqual([
        'record event_msg/later',
        'record later_record',
        'record event_msg/later',
      ]);
    }),
  );
});
