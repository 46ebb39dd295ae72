import { filter, map, mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  noUsage,
  type Terminal,
  type TurnEvent,
  type Usage,
} from '../../../src/canonical/turn-event.js';
import type { CodexItem } from '../../../src/codex/events/codex-item.js';
import { ownFailure } from '../../../src/codex/events/failure.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { toCanonical } from '../../../src/codex/events/to-canonical.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const completed = (item: CodexItem): CodexSignal => ({ type: 'item.completed', item });
const exited = (
  stderr: string,
  code: number | null = 1,
  signal: string | null = null,
): CodexSignal => ({ type: 'exited', code, signal, stderr });
const tokens = (input: number, cached: number, output: number, reasoning: number): Usage => ({
  input_tokens: input,
  cached_input_tokens: cached,
  output_tokens: output,
  reasoning_output_tokens: reasoning,
});
const end = (usage: Usage, thread_id = 'T1'): Terminal => ({
  type: 'message_end',
  stop_reason: 'end_turn',
  usage,
  thread_id,
});

const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T1' },
  N: { type: 'thread.started', thread_id: 'T2' },
  S: { type: 'turn.started' },
  a: completed({ type: 'agent_message', text: 'hello' }),
  b: completed({ type: 'agent_message', text: 'world' }),
  z: completed({ type: 'agent_message', text: '' }),
  h: completed({ type: 'reasoning', text: 'hm' }),
  o: completed({ type: 'reasoning', text: 'oh' }),
  y: completed({ type: 'reasoning', text: '' }),
  w: completed({ type: 'error', message: 'old model' }),
  s: { type: 'item.started', item: { type: 'agent_message', text: 'hel' } },
  u: { type: 'item.updated', item: { type: 'agent_message', text: 'hell' } },
  c: completed({ type: 'command_execution' }),
  m: { type: 'malformed', reason: 'not JSON', sample: 'noise' },
  n: { type: 'unrecognised', kind: 'event turn.paused' },
  r: { type: 'error', message: 'Reconnecting... 1/5 (stream disconnected before completion)' },
  C: { type: 'turn.completed', usage: tokens(100, 40, 20, 5) },
  D: { type: 'turn.completed' },
  F: {
    type: 'turn.failed',
    error: { message: 'exceeded retry limit, last status: 429 Too Many Requests' },
  },
  x: exited('Reading additional input from stdin...\n', 0),
  f: exited('Reading additional input from stdin...\n'),
  i: {
    type: 'exited',
    code: 1,
    signal: null,
    stderr: '',
    cancelled: { reason: 'host', graceMs: 5_000 },
  },
  '1': exited('WARNING: no git\nsomething odd\nError: no rollout found for thread id T1\n'),
  '2': exited('something odd\n\n'),
  '3': exited('', null, 'SIGKILL'),
  '4': exited('', 3),
  '5': exited(
    "\nthread 'main' panicked at core/src/lib.rs:1:2:\nindex out of bounds\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
    101,
  ),
};
const events: Record<string, TurnEvent> = {
  a: { type: 'text_delta', text: 'hello' },
  b: { type: 'text_delta', text: '\n\nworld' },
  h: { type: 'thinking_delta', text: 'hm' },
  o: { type: 'thinking_delta', text: '\n\noh' },
  E: end(tokens(100, 40, 20, 5)),
  e: end(noUsage),
  I: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: 'T1' },
  F: ownFailure(
    'rate_limit',
    'exceeded retry limit, last status: 429 Too Many Requests (wait a moment, then send the turn again)',
    true,
  ),
  R: ownFailure(
    'stream_interrupted',
    'Reconnecting... 1/5 (stream disconnected before completion) (send the turn again)',
    true,
  ),
  '1': ownFailure('thread_lost', 'no rollout found for thread id T1'),
  '2': ownFailure('process_died', 'the process exited with code 1: something odd', true),
  '3': ownFailure('process_died', 'the process was ended by SIGKILL and said nothing', true),
  '4': ownFailure('process_died', 'the process exited with code 3 and said nothing', true),
};
const canonical = toCanonical({ threadId: '' });

describe('toCanonical', () => {
  it(
    'emits text when codex prints it, and the end when codex has exited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--C--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits thinking and text',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--h--a-C(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------h--a--(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'separates later messages and later reasoning by a blank line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-h-a-o-b-C-(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     --h-a-o-b---(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores empty messages and empty reasoning',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-z-y-a-h-C-(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-h---(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for unfinished items, tools, warnings and malformed lines',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  TSsucwmnaC--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     --------a---(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes without a value when the source is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|             ', signals);
      const subs = '         ^-!             ';
      const expected = '     --|             ';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not emit or complete when the source never does',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----------------', signals);
      const subs = '         ^---------------';
      const expected = '     ----------------';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when the source fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--#      ', signals);
      const subs = '         ^--------!      ';
      const expected = '     ------a--#      ';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of synchronous values',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (TSahbCx|)      ', signals);
      const subs = '         (^!)            ';
      const expected = '     (ahbE|)         ';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--C--(x|)', signals);
      const unsub = '        ^---------!     ';
      const subs = '         ^---------!     ';
      const expected = '     ------a----     ';

      expectObservable(source.pipe(canonical), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores a hot source after its completion',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   T-a-C-(x|)-b-#  ', signals);
      const subs = '         ^-----!         ';
      const expected = '     --a---(E|)      ';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'has no time limit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T 180m a 180m C-(x|)', signals);
      const subs = '         ^ 180m - 180m --!   ';
      const expected = '     - 180m a 180m --(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts over for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--a--C--(x|)   ', signals);
      const unsub = '        ^------!        ';
      const firstSubs = '    ^------!        ';
      const first = '        ---a----        ';
      const later = '        --------^       ';
      const laterSubs = '    --------^--------!';
      const second = '       -----------a-----(E|)';
      const event$ = source.pipe(canonical);

      expectObservable(event$, unsub).toBe(first, events);
      expectObservable(event$, later).toBe(second, events);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      [signals['a'], signals['h'], signals['b']].filter((signal) => signal !== undefined),
    );

    source$.pipe(canonical, take(2)).subscribe();

    expect(emitted).toEqual([signals['a'], signals['h']]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--C--(x|)', signals);
      const unsub = '        ^-------!       ';
      const subs = '         ^-------!       ';
      const expected = '     ------a--       ';
      const event$ = source.pipe(
        mergeMap((value) => of(value)),
        canonical,
        mergeMap((value) => of(value)),
      );

      expectObservable(event$, unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('toCanonical, when codex exits', () => {
  it(
    'emits the error of turn.failed when codex has exited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--F--(f|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(F|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not end the turn at an error event that codex recovers from',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-a-r-b-C---(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     --a---b-----(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['firstEvent', 'it did not begin the turn within 70 ms (first_event_timeout_ms)', 'timeout'],
    ['idle', 'it gave no sign of life for 70 ms (idle_timeout_ms)', 'timeout'],
    [
      'command',
      'it gave no sign of life for 70 ms while a tool ran (command_timeout_ms)',
      'timeout',
    ],
    ['turn', 'it took longer than 70 ms (turn_timeout_ms)', 'timeout'],
    ['exit', 'it did not exit within 70 ms of the end of the turn', 'timeout'],
    [
      'reconnect',
      'it only tried to reconnect for 70 ms (reconnect_timeout_ms)',
      'stream_interrupted',
    ],
  ] as const)('emits an error that names an expired deadline: %s', (deadline, what, kind) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const late: CodexSignal = {
        type: 'exited',
        code: 1,
        signal: null,
        stderr: '',
        cancelled: { reason: 'deadline', graceMs: 5, expired: { deadline, ms: 70 } },
      };
      const source = cold('--T--a--r--(l|)', { ...signals, l: late });
      const subs = '       ^----------!   ';
      const expected = '   -----a-----(L|)';
      const timeout = ownFailure(
        kind,
        `the turn was ended: ${what}; it said last: Reconnecting... 1/5 (stream disconnected before completion)`,
        true,
      );

      expectObservable(source.pipe(toCanonical({ threadId: '' }))).toBe(expected, {
        ...events,
        L: timeout,
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it.each([
    ['C', 'E'],
    ['F', 'F'],
  ])('emits the end of the turn when only the exit deadline expired (%s)', (last, terminal) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const late: CodexSignal = {
        type: 'exited',
        code: 1,
        signal: null,
        stderr: '',
        cancelled: { reason: 'deadline', graceMs: 5, expired: { deadline: 'exit', ms: 70 } },
      };
      const source = cold(`--T--a--${last}--(l|)`, { ...signals, l: late });
      const subs = '       ^----------!   ';
      const expected = `   -----a-----(${terminal}|)`;

      expectObservable(source.pipe(toCanonical({ threadId: '' }))).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'emits an error that says why a turn was ended for its sandbox',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const ended: CodexSignal = {
        type: 'exited',
        code: 1,
        signal: null,
        stderr: '',
        cancelled: { reason: 'deadline', graceMs: 5, refused: 'the sandbox is weaker' },
      };
      const source = cold('  --T--a--F--(x|)', { ...signals, x: ended });
      const subs = '         ^----------!   ';
      const expected = '     -----a-----(R|)';

      expectObservable(source.pipe(toCanonical({ threadId: '' }))).toBe(expected, {
        ...events,
        R: ownFailure('config', 'the sandbox is weaker'),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a cancelled end after a cancel by the host',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a-----(i|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(I|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a cancelled end when the turn failed before the cancel',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--F--(i|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(I|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a completed end when the turn completed before the cancel',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--C--(i|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(E|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a completed end for any exit code',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--D--(f|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(e|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the error on stderr when codex exits before its first event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------------(1|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------------(1|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the last line of stderr when no line is an error',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a-----(2|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(2|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the last error event when stderr is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--r-----(3|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------------(R|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'names the signal when there is no message',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a-----(3|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(3|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'names the exit code when there is no message',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a-----(4|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(4|)';

      expectObservable(source.pipe(canonical)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the message of a panic',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a-----(5|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------------(P|)';
      const message$ = source.pipe(
        canonical,
        filter(({ type }) => type === 'error'),
        map((event) => /index out of bounds/.exec(JSON.stringify(event))?.[0]),
      );

      expectObservable(message$).toBe(expected, { P: 'index out of bounds' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('toCanonical, with usage', () => {
  it(
    'emits the growth of the total of the thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--a--C--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(G|)';
      const grown = { ...events, G: end(tokens(70, 30, 15, 4)) };

      expectObservable(
        source.pipe(toCanonical({ threadId: 'T1', total: tokens(30, 10, 5, 1) })),
      ).toBe(expected, grown);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not subtract the total of another thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  N--S--a--C--(x|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------a-----(A|)';
      const all = { ...events, A: end(tokens(100, 40, 20, 5), 'T2') };

      expectObservable(
        source.pipe(toCanonical({ threadId: 'T1', total: tokens(30, 10, 5, 1) })),
      ).toBe(expected, all);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'names the resumed thread when codex exits before it names one',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------------(i|)', signals);
      const subs = '         ^-----------!   ';
      const expected = '     ------------(I|)';

      expectObservable(
        source.pipe(toCanonical({ threadId: 'T1', total: tokens(30, 10, 5, 1) })),
      ).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
