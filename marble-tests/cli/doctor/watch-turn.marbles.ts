import { map } from 'rxjs';
import { describe, it } from 'vitest';
import type { TurnEvent } from '../../../src/canonical/turn-event.js';
import { type Run, watchTurn } from '../../../src/cli/doctor/watch-turn.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const usage = {
  input_tokens: 100,
  cached_input_tokens: 40,
  output_tokens: 20,
  reasoning_output_tokens: 0,
};
const end = { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: 'T1' } as const;
const events: Record<string, TurnEvent> = {
  M: { type: 'message_start', model: 'codex' },
  t: { type: 'text_delta', text: 'rea' },
  u: { type: 'text_delta', text: 'dy' },
  r: { type: 'tool_result', id: 'call_a', output: 'Output:\nword-7', is_error: false },
  E: end,
};
const none = (): never => {
  throw new Error('there are no tools');
};

describe('watchTurn', () => {
  it(
    'emits the outcome of a turn with its times when the turn completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    M-t--u-r-(E|)', events);
      const subs = '         ^--------!   ';
      const expected = '     ---------(w|)';

      expectObservable(watchTurn(() => turn, none)).toBe(expected, {
        w: {
          text: 'ready',
          firstTextMs: 2,
          outputs: ['Output:\nword-7'],
          terminal: events['E'],
          ms: 9,
          warnings: [],
        },
      });
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  it(
    'collects log messages of level notice and above, without secrets',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    (ME|)', events);
      const subs = '         (^!) ';
      const expected = '     (w|) ';
      const run: Run = ({ log }) => {
        log('debug', 'a');
        log('info', 'b');
        log('notice', 'c', { kind: 'event later' });
        log('warning', 'd: Bearer abcdef123456789');
        return turn;
      };

      expectObservable(watchTurn(run, none).pipe(map(({ warnings }) => warnings))).toBe(expected, {
        w: ['c {"kind":"event later"}', 'd: Bearer [redacted]'],
      });
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits no terminal event for a turn that completes without one',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    -|   ', events);
      const subs = '         ^!   ';
      const expected = '     -(w|)';

      expectObservable(watchTurn(() => turn, none)).toBe(expected, {
        w: { text: '', outputs: [], ms: 1, warnings: [] },
      });
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for the turn, fails with it, and unsubscribes from it when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const never = cold('   M-t---', events);
      const unsub = '        ---!  ';
      const neverSubs = '    ^--!  ';
      const broken = cold('  M-#   ', events);
      const brokenSubs = '   ^-!   ';

      expectObservable(
        watchTurn(() => never, none),
        unsub,
      ).toBe('------');
      expectObservable(watchTurn(() => broken, none)).toBe('--#');
      expectSubscriptions(never.subscriptions).toBe(neverSubs);
      expectSubscriptions(broken.subscriptions).toBe(brokenSubs);
    }),
  );

  it(
    'runs a new turn for every subscriber',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    t(E|)      ', events);
      const subs = ['        ^!         ', '        -----^!    '];
      const first = '        -(w|)      ';
      const later = '        -----^     ';
      const second = '       ------(w|) ';
      const summary$ = watchTurn(() => turn, none).pipe(map(({ text, ms }) => `${text} ${ms}`));

      expectObservable(summary$).toBe(first, { w: 'rea 1' });
      expectObservable(summary$, later).toBe(second, { w: 'rea 1' });
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  testUnsubscription('Mtu', events, (turn$) => watchTurn(() => turn$, none));
});
