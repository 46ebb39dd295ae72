import { EMPTY, map, mergeMap, NEVER, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { StopReason, Terminal, TurnEvent, Usage } from '../../src/canonical/turn-event.js';
import { ownFailure } from '../../src/codex/events/failure.js';
import { createLimitWatch } from '../../src/codex/events/limit-watch.js';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import type { RolloutMark } from '../../src/codex/rollout/rollout-mark.js';
import { NO_TRACE } from '../../src/codex/rollout/turn-trace.js';
import type { CodexExited } from '../../src/codex/run.js';
import type { Parsed } from '../../src/lines/parse-json.js';
import { mirrorRollout, NEW_THREAD } from '../../src/turn/mirror-rollout.js';
import { type Marbles, marbles } from '../support/marbles.js';
import { fakePorts, type LogCall } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const tokens = (input: number, output: number): Usage => ({
  input_tokens: input,
  cached_input_tokens: 0,
  output_tokens: output,
  reasoning_output_tokens: 0,
});
const exited = { type: 'exited', code: 0, signal: null, stderr: '' } as const;

const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T1' },
  N: { type: 'thread.started', thread_id: 'T2' },
  S: { type: 'turn.started' },
  I: { type: 'turn.started', turn_id: 'turn-1' },
  a: { type: 'item.completed', item: { type: 'agent_message', text: 'hello' } },
  C: { type: 'turn.completed', usage: tokens(1_300, 140) },
  F: {
    type: 'turn.failed',
    error: { message: 'exceeded retry limit, last status: 429 Too Many Requests' },
  },
  g: { type: 'rollout.grew', completed: 0 },
  h: { type: 'rollout.grew', completed: 1 },
  x: exited,
  i: { ...exited, code: 1, cancelled: { reason: 'host', graceMs: 5_000 } },
  e: { ...exited, code: 1, stderr: 'Error: no rollout found for thread id T1' },
};

const json = (value: unknown): Parsed => ({ type: 'json', value });
const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
const records: Record<string, Parsed> = {
  c: json({
    type: 'response_item',
    payload: { type: 'function_call', name: 'exec_command', arguments: '{}', call_id: 'call_a' },
  }),
  o: json({
    type: 'response_item',
    payload: { type: 'function_call_output', call_id: 'call_a', output: 'file' },
  }),
  d: json({
    type: 'response_item',
    payload: { type: 'function_call_output', call_id: 'call_a', output: deep },
  }),
  u: json({ type: 'token_usage_record', payload: { thread_id: 'T1', usage: tokens(250, 30) } }),
  t: json({
    type: 'event_msg',
    payload: { type: 'token_count', info: { total_token_usage: tokens(1_250, 130) } },
  }),
  b: json({ type: 'event_msg', payload: { type: 'task_started', turn_id: 'turn-1' } }),
  q: json({ type: 'event_msg', payload: { type: 'task_complete', turn_id: 'turn-1' } }),
  s: json({ type: 'response_item', payload: { type: 'message', role: 'assistant', content: [] } }),
  w: json({ type: 'turn_context', payload: { sandbox_policy: { type: 'workspace-write' } } }),
  m: { type: 'malformed', reason: 'not JSON', sample: 'noise' },
};
const none: Record<string, never> = {};

const end = (usage: Usage, thread_id = 'T1', stop_reason: StopReason = 'end_turn'): Terminal => ({
  type: 'message_end',
  stop_reason,
  usage,
  thread_id,
});
const limited = ownFailure(
  'rate_limit',
  'exceeded retry limit, last status: 429 Too Many Requests (wait a moment, then send the turn again)',
  true,
);
const events: Record<string, TurnEvent> = {
  t: { type: 'text_delta', text: 'hello' },
  x: { type: 'tool_call_start', id: 'call_a', name: 'exec_command' },
  y: { type: 'tool_call_delta', id: 'call_a', arguments: '{}' },
  z: { type: 'tool_call_end', id: 'call_a' },
  r: { type: 'tool_result', id: 'call_a', output: 'file', is_error: false },
  R: {
    type: 'tool_result',
    id: 'call_a',
    output: 'the turn ended before this call had an output',
    is_error: true,
  },
  /** All that the thread has used, as stdout tells it. */
  A: end(tokens(1_300, 140)),
  /** Of it, what was used since the mark, as stdout tells it. */
  D: end(tokens(300, 40)),
  /** What the records of the turn tell, and its totals. */
  U: end(tokens(250, 30)),
  B: end(tokens(1_300, 140), 'T2'),
  J: end(tokens(250, 30), 'T1', 'cancelled'),
  X: limited,
  Y: { ...limited, usage: tokens(250, 30) },
  L: ownFailure('thread_lost', 'no rollout found for thread id T1'),
};

const before: RolloutMark = { offset: 5_000, total: tokens(1_000, 100) };
const fresh = { threadId: undefined, mark: NEW_THREAD };
const resumed = { threadId: 'T1', mark: before };
const unread = (reason: string, thread_id = 'T1'): LogCall => ({
  level: 'warning',
  msg: `the rollout of this turn cannot be read, so tool calls may be missing: ${reason}`,
  fields: { thread_id },
});

const REPLACED =
  'it was truncated or replaced while codex wrote to it, and what codex wrote after that is lost; let no other program move, restore or edit the rollout of a running turn';
const ELSEWHERE =
  'codex has written nothing of this turn into it. If CODEX_HOME is a copy, codex still writes to the original, whose path is in its database: remove state_*.sqlite* from the copy';

/** The operator on a rollout, and what it asked for and logged. */
const mirrored = (
  thread: { readonly threadId: string | undefined; readonly mark: RolloutMark },
  rollout: ReturnType<typeof fakePorts>['ports']['rollout$'],
) => {
  const asked: [string, number][] = [];
  const { ports, logs } = fakePorts({
    rollout$: (threadId, from) => (asked.push([threadId, from]), rollout(threadId, from)),
  });
  return { mirror: mirrorRollout(thread, ports), asked, logs };
};

describe('mirrorRollout', () => {
  it(
    'adds the context to the end of the turn, and logs a crossed limit once in two turns',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const info = {
        total_token_usage: tokens(1_250, 130),
        last_token_usage: { total_tokens: 280 },
        model_context_window: 1_000,
      };
      const rate_limits = { limit_id: 'codex', primary: { used_percent: 96 }, secondary: null };
      const rollout = cold('       (ktk|)', {
        k: json({ type: 'compacted', payload: {} }),
        t: json({ type: 'event_msg', payload: { type: 'token_count', info, rate_limits } }),
      });
      const source = cold('  T-S-C(x|)          ', signals);
      const subs = '         ^----!             ';
      const expected = '     -----(E|)          ';
      const { ports, logs } = fakePorts({
        rollout$: () => rollout,
        watchLimits: createLimitWatch(),
      });
      const mirror = mirrorRollout(resumed, ports);
      const context = { used_tokens: 280, window_tokens: 1_000 };
      const ended = { E: { ...end(tokens(250, 30)), context, compacted: true } };

      expectObservable(source.pipe(mirror)).toBe(expected, ended);
      expectObservable(source.pipe(mirror)).toBe(expected, ended);
      expectSubscriptions(source.subscriptions).toBe([subs, subs]);
      flush();
      expect(logs).toEqual([
        {
          level: 'warning',
          msg: "96 % of the account's limit (primary) is used",
          fields: { limit: 'codex', used_percent: 96 },
        },
      ]);
    }),
  );

  it(
    'leaves out the tokens of earlier turns that an app-server has recorded late',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T-I-C--(x|)', signals);
      const exec = cold('   T-S-C--(x|)', signals);
      const rollout = cold('       (utbut|)', records);
      const subs = '        ^------!   ';
      const own = '         -------(U|)';
      const all = '         -------(V|)';
      const ports = fakePorts({ rollout$: () => rollout }).ports;

      expectObservable(source.pipe(mirrorRollout(resumed, ports))).toBe(own, events);
      expectObservable(exec.pipe(mirrorRollout(resumed, ports))).toBe(all, {
        V: end(tokens(500, 60)),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(exec.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends a turn whose sandbox was weaker than asked as config, with a warning of what differs',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T-Sa--C--(x|)', signals);
      const rollout = cold('         w--|', records);
      const subs = '        ^--------!   ';
      const rolloutSubs = ' ---------^--!';
      const expected = '    ---t--------(W|)';
      const asked = { sandbox: 'read-only', approval: 'never', model: undefined, cwd: undefined };
      const { ports, logs } = fakePorts({ rollout$: () => rollout });
      const mirror = mirrorRollout({ ...fresh, asked: () => asked }, ports);

      expectObservable(source.pipe(mirror)).toBe(expected, {
        ...events,
        W: expect.objectContaining({ type: 'error', kind: 'config', retryable: false }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs.map(({ level, msg }) => [level, msg])).toEqual([
        ['warning', expect.stringContaining('another sandbox than asked')],
      ]);
    }),
  );

  it.each<[what: string, cause: CodexSignal, how: Partial<CodexExited>, terminal: object]>([
    [
      'a cancelled turn',
      { type: 'turn.started' },
      { cancelled: { reason: 'host', graceMs: 1 } },
      { type: 'message_end', stop_reason: 'cancelled' },
    ],
    [
      'a failure that says what to do',
      { type: 'turn.failed', error: { message: 'unexpected status 401 Unauthorized' } },
      {},
      { type: 'error', kind: 'auth' },
    ],
  ])('leaves %s as it is, whatever its sandbox was', (_what, cause, how, terminal) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const exit: CodexSignal = { type: 'exited', code: 1, signal: null, stderr: '', ...how };
      const source = cold('T-f-x|', { ...signals, f: cause, x: exit });
      const rollout = cold('               w| ', records);
      const subs = '                   ^----!';
      const rolloutSubs = '            ----^!';
      const expected = '               -----(e|)';
      const asked = { sandbox: 'read-only', approval: 'never', model: undefined, cwd: undefined };
      const { ports } = fakePorts({ rollout$: () => rollout });
      const mirror = mirrorRollout({ ...fresh, asked: () => asked }, ports);

      expectObservable(source.pipe(mirror)).toBe(expected, {
        e: expect.objectContaining(terminal),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    })();
  });

  it(
    'emits text when codex prints it, and the calls of the rollout before the end',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T-Sa--C--(x|)          ', signals);
      const rollout = cold('         c-----o--|    ', records);
      const subs = '        ^--------!             ';
      const rolloutSubs = ' ---------^--------!    ';
      const expected = '    ---t-----(xyz)-r--(A|) ';
      const { mirror, asked, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(asked).toEqual([['T1', 0]]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'warns before the end when the model gives two calls one id',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T-Sa--C--(x|)          ', signals);
      const rollout = cold('         c----c-o-o|    ', records);
      const subs = '        ^--------!             ';
      const rolloutSubs = ' ---------^---------!   ';
      const expected = '    ---t-----(xyz)--r--(A|)';
      const { mirror, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([
        {
          level: 'warning',
          msg: 'the model gave a call the id of an earlier call of this turn; the host gets the first one, and its output',
          fields: { thread_id: 'T1' },
        },
      ]);
    }),
  );

  it(
    'reads the rollout of a resumed thread from the start of the turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T-Sa--C--(x|)        ', signals);
      const rollout = cold('         --|          ', records);
      const subs = '        ^--------!           ';
      const rolloutSubs = ' ---------^-!         ';
      const expected = '    ---t-------(D|)      ';
      const { mirror, asked, logs } = mirrored(resumed, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(asked).toEqual([['T1', 5_000]]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'reads the whole rollout of another thread than the resumed one',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' N--C--(x|)', signals);
      const rollout = cold('      --|  ', records);
      const subs = '        ^-----!   ';
      const rolloutSubs = ' ------^-! ';
      const expected = '    --------(B|)';
      const { mirror, asked, logs } = mirrored(resumed, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(asked).toEqual([['T2', 0]]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'reports the usage of the records of the turn, also without the total before it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)   ', signals);
      const rollout = cold('      -u|     ', records);
      const subs = '        ^-----!      ';
      const rolloutSubs = ' ------^-!    ';
      const expected = '    --------(U|) ';
      const { mirror, logs } = mirrored({ threadId: 'T1', mark: { offset: 5_000 } }, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'computes the usage from the totals of the thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)   ', signals);
      const rollout = cold('      -t|     ', records);
      const subs = '        ^-----!      ';
      const rolloutSubs = ' ------^-!    ';
      const expected = '    --------(U|) ';
      const { mirror, logs } = mirrored(resumed, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'logs when the usage is the total of the thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)   ', signals);
      const rollout = cold('      -t|     ', records);
      const subs = '        ^-----!      ';
      const rolloutSubs = ' ------^-!    ';
      const expected = '    --------(A|) ';
      const { mirror, logs } = mirrored({ threadId: 'T1', mark: { offset: 5_000 } }, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toMatchObject([
        { level: 'info', msg: expect.stringContaining('total'), fields: { thread_id: 'T1' } },
      ]);
    }),
  );

  it(
    'emits the calls and the usage of a cancelled turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T-----(i|)         ', signals);
      const rollout = cold('      c----u|       ', records);
      const subs = '        ^-----!            ';
      const rolloutSubs = ' ------^-----!      ';
      const expected = '    ------(xyz)-(RJ|)  ';
      const { mirror, logs } = mirrored(resumed, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'emits the calls and the usage of a failed turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--F--(x|)         ', signals);
      const rollout = cold('      c----t|       ', records);
      const subs = '        ^-----!            ';
      const rolloutSubs = ' ------^-----!      ';
      const expected = '    ------(xyz)-(RY|)  ';
      const { mirror, logs } = mirrored(resumed, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'adds nothing to a failed turn when its rollout is empty',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--F--(x|)', signals);
      const rollout = cold('      |    ', records);
      const subs = '        ^-----!   ';
      const rolloutSubs = ' ------(^!)';
      const expected = '    ------(X|)';
      const { mirror, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'tells the id of the turn, and what the rollout shows of it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)   ', signals);
      const rollout = cold('      -b|     ', records);
      const subs = '        ^-----!      ';
      const rolloutSubs = ' ------^-!    ';
      const expected = '    --------(A|) ';
      const told: unknown[] = [];
      const { ports } = fakePorts({ rollout$: () => rollout });
      const tell = (what: unknown): void => void told.push(what);
      const onTold = { onTurnId: tell, onTrace: tell };
      const mirrored$ = source.pipe(mirrorRollout({ ...fresh, ...onTold }, ports));

      expectObservable(mirrored$).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(told).toEqual(['turn-1', { ...NO_TRACE, hasBegun: true }]);
    }),
  );

  it(
    'reads no rollout when codex names no thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' ------(e|)', signals);
      const rollout = cold('      |    ', records);
      const subs = '        ^-----!   ';
      const expected = '    ------(L|)';
      const { mirror, asked, logs } = mirrored(resumed, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
      flush();
      expect(asked).toEqual([]);
      expect(logs).toEqual([]);
    }),
  );
});

describe('mirrorRollout, while the rollout grows', () => {
  /**
   * The operator on a rollout of which each look finds 10 bytes more, and then what `looks` say;
   * `asked` is from where to where was read.
   */
  const grown = (
    { cold }: Marbles,
    looks: readonly string[],
    ends = looks.map((_, i) => 10 * (i + 1)),
  ) => {
    const asked: [number, number | undefined][] = [];
    const reads = looks.map((look) => cold(look, records, new Error('EIO')));
    let nth = 0;
    const { ports, logs } = fakePorts({
      rollout$: (_, from, to) => {
        asked.push([from, to]);
        return reads[asked.length - 1] ?? NEVER;
      },
      rolloutEnd$: (_, from) => of({ end: ends[nth++] ?? from, file: 'f' }),
    });
    return { mirror: mirrorRollout(fresh, ports), asked, reads, logs };
  };

  it(
    'emits the calls when the rollout has grown, and only the rest at the end',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = cold(' T-S-g-----g---C-(x|)  ', signals);
      const subs = '        ^---------------!      ';
      const expected = '    ----(xyz)-r-----(U|)   ';
      const { mirror, asked, reads, logs } = grown(helpers, ['(c|)', '(o|)', '(u|)']);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      for (const [nth, readSubs] of [
        '----(^!)',
        '----------(^!)',
        '----------------(^!)',
      ].entries())
        expectSubscriptions(reads[nth]?.subscriptions ?? []).toBe(readSubs);
      flush();
      expect(asked).toEqual([
        [0, 10],
        [10, 20],
        [20, undefined],
      ]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'holds later events of codex while it reads the rollout',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = cold(' T-g-a-C---(x|)      ', signals);
      const subs = '        ^---------!          ';
      const expected = '    -------(xyz)-(tRA|)   ';
      const { mirror, asked } = grown(helpers, ['-----c-----|', '|']);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([
        [0, 10],
        [10, undefined],
      ]);
    }),
  );

  it(
    'holds the calls after a message until the message is emitted',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = cold(' T-g---a---h--C--(x|)', signals);
      const subs = '        ^---------------!    ';
      const expected = '    ------t---(xyzr)(A|) ';
      const { mirror, asked, logs } = grown(helpers, ['(sco|)', '|'], [10, 10]);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([
        [0, 10],
        [10, undefined],
      ]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'emits the held calls at the end when the message is never emitted',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = cold(' T-g---F---(x|)       ', signals);
      const subs = '        ^---------!           ';
      const expected = '    ----------(xyzRX|)    ';
      const { mirror, asked } = grown(helpers, ['(sc|)', '|']);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([
        [0, 10],
        [10, undefined],
      ]);
    }),
  );

  it(
    'does not read a rollout that has not grown or whose end is unknown',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T-g-g-C---(x|)      ', signals);
      const subs = '        ^---------!          ';
      const expected = '    ----------(xyzrA|)   ';
      const asked: (number | undefined)[] = [];
      const ends = [of({ end: 0, file: 'f' }), throwError(() => new Error('EACCES'))];
      const { ports, logs } = fakePorts({
        rollout$: (_, from, to) => {
          asked.push(from, to);
          return cold('(co|)', records);
        },
        rolloutEnd$: () => ends.shift() ?? EMPTY,
      });

      expectObservable(source.pipe(mirrorRollout(fresh, ports))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([0, undefined]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'reads everything again at the end after a failure, and emits nothing twice',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = cold(' T-g---g---C-(x|)     ', signals);
      const subs = '        ^-----------!         ';
      const expected = '    --(xyz)-----(rA|)     ';
      const { mirror, asked, logs } = grown(helpers, ['(c#)', '(bcouq|)']);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([
        [0, 10],
        [0, undefined],
      ]);
      expect(logs).toEqual([]);
    }),
  );

  it.each([
    ['cut', 'T-g---g---C-(x|)', { end: 4, file: 'f' }],
    ['replaced', 'T-g---g---C-(x|)', { end: 20, file: 'g' }],
    ['cut before the end', 'T-g-------C-(x|)', { end: 4, file: 'f' }],
    ['replaced before the end', 'T-g-------C-(x|)', { end: 20, file: 'g' }],
  ])(
    'reads a rollout that was %s again at the end, and emits nothing twice',
    (_what, line, later) => {
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const source = cold(line, signals);
        const looks = [cold('(cu|)', records), cold('(bcouq|)', records)];
        const subs = '        ^-----------!     ';
        const expected = '    --(xyz)-----(rA|) ';
        const ends = [{ end: 10, file: 'f' }, later];
        const asked: [number, number | undefined][] = [];
        const { ports, logs } = fakePorts({
          rollout$: (_, from, to) => {
            asked.push([from, to]);
            return looks.shift() ?? NEVER;
          },
          rolloutEnd$: () => of(...ends.splice(0, 1)),
        });

        expectObservable(source.pipe(mirrorRollout(fresh, ports))).toBe(expected, events);
        expectSubscriptions(source.subscriptions).toBe(subs);
        flush();
        expect(asked).toEqual([
          [0, 10],
          [0, undefined],
        ]);
        expect(logs).toEqual([]);
      })();
    },
  );

  it.each([
    ['gone', '#', 'error', 'f'],
    ['replaced by an earlier copy', '(cu|)', REPLACED, 'g'],
  ])(
    'warns of a rollout that is %s at the end, and counts what codex itself counts',
    (_what, atEnd, reason, file) => {
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const source = cold(' T-g-------C-(x|)  ', signals);
        const looks = ['(cu|)', atEnd].map((look) => cold(look, records));
        const subs = '        ^-----------!     ';
        const expected = '    --(xyz)-----(RA|) ';
        const ends = ['f', file].map((each) => ({ end: 10, file: each }));
        const { ports, logs } = fakePorts({
          rollout$: () => looks.shift() ?? NEVER,
          rolloutEnd$: () => of(...ends.splice(0, 1)),
        });

        expectObservable(source.pipe(mirrorRollout(fresh, ports))).toBe(expected, events);
        expectSubscriptions(source.subscriptions).toBe(subs);
        flush();
        expect(logs).toEqual([unread(reason)]);
      })();
    },
  );

  it.each([
    [
      'is replaced after the mark, by a copy without its end',
      'g',
      '(bt|)',
      'C',
      [unread(REPLACED)],
    ],
    ['is replaced after the mark, and has its end', 'g', '(btq|)', 'C', []],
    ['does not grow during a completed turn', 'f', '|', 'C', [unread(ELSEWHERE)]],
    ['does not grow during a turn that fails', 'f', '|', 'F', []],
  ])('says what is wrong with the rollout of a resumed thread that %s', (...row) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const [, file, atEnd, last, expectedLogs] = row;
      const source = cold(`T---${last}-(x|)`, signals);
      const rollout = cold(atEnd, records);
      const subs = '             ^-----!';
      const expected = '         ------(E|)';
      const { ports, logs } = fakePorts({
        rollout$: () => rollout,
        rolloutEnd$: () => of({ end: 6_000, file }),
      });
      const mirror = mirrorRollout({ threadId: 'T1', mark: { ...before, file: 'f' } }, ports);

      expectObservable(source.pipe(mirror)).toBe(expected, {
        E: expect.objectContaining({ type: last === 'C' ? 'message_end' : 'error' }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe('         ------(^!)');
      flush();
      expect(logs).toEqual(expectedLogs);
    })();
  });

  it(
    'says that no call runs while the rollout cannot be found, or after it was replaced',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T-g----g----g----g----g--C----(x|)', signals);
      const looks = ['(c|)', '|'].map((look) => cold(look, records));
      const calls = '       --1----0----1---------0          ';
      const subs = '        ^-----------------------------!   ';
      const expected = '    --(xyz)-----------------------(RD|)';
      const calls$ = new Subject<number>();
      const ends = ['f', undefined, 'f', 'f', 'g'].map((file) =>
        file === undefined ? EMPTY : of({ end: 6_000, file }),
      );
      const { ports } = fakePorts({
        rollout$: () => looks.shift() ?? cold('|'),
        rolloutEnd$: () => ends.shift() ?? EMPTY,
      });
      const onCalls = (running: number): void => calls$.next(running);

      expectObservable(calls$).toBe(calls, { 0: 0, 1: 1 });
      expectObservable(source.pipe(mirrorRollout({ ...resumed, onCalls }, ports))).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'says how many calls run when their records are read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T-g----g--g---C----(x|)', signals);
      const looks = ['(c|)', '(o|)', '(u|)', '|'].map((look) => cold(look, records));
      const calls = '       --1----0               ';
      const subs = '        ^------------------!   ';
      const calls$ = new Subject<number>();
      let written = 0;
      const { ports } = fakePorts({
        rollout$: () => looks.shift() ?? NEVER,
        rolloutEnd$: () => of({ end: (written += 10), file: 'f' }),
      });
      const onCalls = (running: number): void => calls$.next(running);
      const expected = '    --(xyz)r-----------(U|)';

      expectObservable(calls$).toBe(calls, { 0: 0, 1: 1 });
      expectObservable(source.pipe(mirrorRollout({ ...fresh, onCalls }, ports))).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'closes a growing rollout when unsubscribed',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions } = helpers;
      const source = cold(' T-g------', signals);
      const unsub = '       ^-----!   ';
      const subs = '        ^-----!   ';
      const expected = '    ---(xyz)  ';
      const { mirror, reads } = grown(helpers, ['-c-----o|']);

      expectObservable(source.pipe(mirror), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(reads[0]?.subscriptions ?? []).toBe('--^---!');
    }),
  );

  it(
    'does not read a rollout before codex has named its thread',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = cold(' g-T-C-(x|)', signals);
      const subs = '        ^-----!   ';
      const expected = '    ------(A|)';
      const { mirror, asked } = grown(helpers, ['|']);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([[0, undefined]]);
    }),
  );
});

describe('mirrorRollout, with a damaged rollout', () => {
  it(
    'omits the calls, with a warning, when the rollout cannot be read',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T-Sa--C--(x|)  ', signals);
      const rollout = cold('         --#    ', none, new Error('EACCES'));
      const subs = '        ^--------!      ';
      const rolloutSubs = ' ---------^-!    ';
      const expected = '    ---t-------(A|) ';
      const { mirror, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([unread('EACCES')]);
    }),
  );

  it(
    'omits the records after the place that cannot be read',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)          ', signals);
      const rollout = cold('      c-----#        ', records, new Error('EIO'));
      const subs = '        ^-----!             ';
      const rolloutSubs = ' ------^-----!       ';
      const expected = '    ------(xyz)-(RA|)   ';
      const { mirror, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([unread('EIO')]);
    }),
  );

  it(
    'omits the calls of a resumed thread when the start of the turn is unknown',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)', signals);
      const rollout = cold('      c-o-|', records);
      const subs = '        ^-----!   ';
      const expected = '    ------(A|)';
      const { mirror, asked, logs } = mirrored(
        { threadId: 'T1', mark: { problem: 'there was none when it began' } },
        () => rollout,
      );

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
      flush();
      expect(asked).toEqual([]);
      expect(logs).toEqual([
        unread('there was none when it began'),
        expect.objectContaining({ level: 'info', msg: expect.stringContaining('total') }),
      ]);
    }),
  );

  it(
    'omits malformed lines, with one warning for all',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)              ', signals);
      const rollout = cold('      m-c-----m--o-m-|   ', records);
      const subs = '        ^-----!                 ';
      const rolloutSubs = ' ------^--------------!  ';
      const expected = '    --------(xyz)----r---(A|)';
      const { mirror, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([unread('3 of its lines are no records')]);
    }),
  );

  it(
    'logs one warning for malformed lines and a later failure',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)   ', signals);
      const rollout = cold('      m-#     ', records, new Error('EIO'));
      const subs = '        ^-----!      ';
      const rolloutSubs = ' ------^-!    ';
      const expected = '    --------(A|) ';
      const { mirror, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs.filter(({ level }) => level === 'warning')).toHaveLength(1);
    }),
  );

  it(
    'ends the turn although a record is nested too deep to be written',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T--C--(x|)         ', signals);
      const rollout = cold('      c----d|       ', records);
      const subs = '        ^-----!            ';
      const rolloutSubs = ' ------^-----!      ';
      const expected = '    ------(xyz)r(A|)   ';
      const types = {
        x: 'tool_call_start',
        y: 'tool_call_delta',
        z: 'tool_call_end',
        r: 'tool_result',
        A: 'message_end',
      };
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(
        source.pipe(
          mirror,
          map(({ type }) => type),
        ),
      ).toBe(expected, types);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    }),
  );
});

describe('mirrorRollout, as an operator', () => {
  it(
    'completes without a value when the source is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' --|', signals);
      const rollout = cold('|  ', records);
      const subs = '        ^-!';
      const expected = '    --|';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
    }),
  );

  it(
    'waits for a source that never ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T--a------', signals);
      const rollout = cold('|         ', records);
      const subs = '        ^---------';
      const expected = '    ---t------';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
    }),
  );

  it(
    'fails with the source, and reads no rollout',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T--a--#', signals);
      const rollout = cold('|      ', records);
      const subs = '        ^-----!';
      const expected = '    ---t--#';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
    }),
  );

  it(
    'keeps the order of synchronous signals',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' (TSaCx|)   ', signals);
      const rollout = cold('(cou|)     ', records);
      const subs = '        (^!)       ';
      const rolloutSubs = ' (^!)       ';
      const expected = '    (txyzrU|)  ';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    }),
  );

  it(
    'ignores a hot source after its end',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('  T--C--(x|)--a-#', signals);
      const rollout = cold('      -|         ', records);
      const subs = '        ^-----!         ';
      const rolloutSubs = ' ------^!        ';
      const expected = '    -------(A|)     ';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    }),
  );

  it(
    'has no time limit for the turn and its rollout',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T 180m C (x|)                   ', signals);
      const rollout = cold('         c 180m ----o|            ', records);
      const subs = '        ^ 10800001ms !                  ';
      const rolloutSubs = ' 10800002ms ^ 10800005ms !       ';
      const expected = '    10800002ms (xyz) 180m r(A|)     ';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    }),
  );
});

describe('mirrorRollout, unsubscribed', () => {
  it(
    'unsubscribes from codex while it runs, and reads nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T--a--C--(x|)', signals);
      const rollout = cold('|            ', records);
      const unsub = '       ^----!       ';
      const subs = '        ^----!       ';
      const expected = '    ---t--       ';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
    }),
  );

  it(
    'closes the rollout while it is read',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' T--C--(x|)          ', signals);
      const rollout = hot(' -------c------o-m-# ', records);
      const unsub = '       ^------------!      ';
      const subs = '        ^-----!             ';
      const rolloutSubs = ' ------^------!      ';
      const expected = '    -------(xyz)        ';
      const { mirror, logs } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(logs).toEqual([]);
    }),
  );

  it(
    'closes a rollout that never ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T--C--(x|)---', signals);
      const rollout = cold('      -------', none);
      const unsub = '       ^-----------!';
      const subs = '        ^-----!      ';
      const rolloutSubs = ' ------^-----!';
      const expected = '    -------------';
      const { mirror } = mirrored(fresh, () => rollout);

      expectObservable(source.pipe(mirror), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    }),
  );

  it(
    'reads the rollout again for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('    T--C(x|)                ', signals);
      const rollout = cold('       c-----|             ', records);
      const firstSubs = '      ^---!                   ';
      const firstRead = '      ----^-----!             ';
      const first = '          ----(xyz)-(RA|)         ';
      const later = '          ------------^           ';
      const laterSubs = '      ------------^---!       ';
      const laterRead = '      ----------------^-----! ';
      const second = '         ----------------(xyz)-(RA|)';
      const { mirror, asked } = mirrored(fresh, () => rollout);
      const turn$ = source.pipe(mirror);

      expectObservable(turn$).toBe(first, events);
      expectObservable(turn$, later).toBe(second, events);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
      expectSubscriptions(rollout.subscriptions).toBe([firstRead, laterRead]);
      flush();
      expect(asked).toEqual([
        ['T1', 0],
        ['T1', 0],
      ]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['T', 'a', 'a', 'C', 'x'].flatMap((letter) => signals[letter] ?? []),
    );
    const { mirror } = mirrored(fresh, () => of());
    source$.pipe(mirror, take(1)).subscribe();

    expect(emitted).toEqual([signals.T, signals.a]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' T--a--C--(x|)', signals);
      const unsub = '       ^----!       ';
      const subs = '        ^----!       ';
      const expected = '    ---t--       ';
      const { mirror } = mirrored(fresh, () => of());
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        mirror,
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
