import { EMPTY, ignoreElements, map, mergeMap, type Observable, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ErrorKind, TurnEvent } from '../../../src/canonical/turn-event.js';
import type { Check } from '../../../src/cli/doctor/check.js';
import {
  checkTools,
  checkTurn,
  PROBE,
  type Run,
  stepFor,
  watchTurn,
} from '../../../src/cli/doctor/turn-checks.js';
import { ownFailure } from '../../../src/codex/events/failure.js';
import { marbles } from '../../support/marbles.js';

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
  w: { type: 'text_delta', text: 'it says word-7' },
  l: { type: 'text_delta', text: 'x'.repeat(500) },
  r: { type: 'tool_result', id: 'call_a', output: 'Output:\nword-7', is_error: false },
  s: { type: 'tool_result', id: 'call_a', output: 'another', is_error: false },
  E: end,
  C: { ...end, stop_reason: 'cancelled' },
  A: ownFailure('auth', 'not logged in'),
};
const none = (): never => {
  throw new Error('there are no tools');
};
const short = (check$: Observable<Check>) =>
  check$.pipe(map(({ id, state, detail }) => `${id} ${state}: ${detail}`));
const like = (text: string): unknown => expect.stringContaining(text);

describe('watchTurn', () => {
  it(
    'emits what a turn came to, with its times',
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
    'keeps what the daemon would have been told, without secrets, from notice on',
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
    'of a turn that ends without an end there is no terminal event',
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
    'waits, fails with the turn, and ends it when it is unsubscribed',
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
    'begins anew with every subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    t(E|)      ', events);
      const subs = ['        ^!         ', '        -----^!    '];
      const first = '        -(w|)      ';
      const later = '        -----^     ';
      const second = '       ------(w|) ';
      const watched$ = watchTurn(() => turn, none).pipe(map(({ text, ms }) => `${text} ${ms}`));

      expectObservable(watched$).toBe(first, { w: 'rea 1' });
      expectObservable(watched$, later).toBe(second, { w: 'rea 1' });
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );
});

describe('checkTurn', () => {
  it.each([
    [
      'M 1s t-u-(E|)',
      'turn green: model gpt-5.5, first text after 1001 ms. The whole turn took 1005 ms; tokens: 100 in (40 cached), 20 out\nthe answer begins: "ready"',
    ],
    [
      '(MlE|)',
      `turn green: model gpt-5.5, first text after 0 ms. The whole turn took 0 ms; tokens: 100 in (40 cached), 20 out\nthe answer begins: "${'x'.repeat(80)}"`,
    ],
    [
      '(ME|)',
      'turn red: model gpt-5.5 gave no text. The whole turn took 0 ms; tokens: 100 in (40 cached), 20 out',
    ],
    ['(MtC|)', 'turn red: the turn was interrupted'],
    ['(MA|)', 'turn red: auth: codex: not logged in'],
    ['(M|)', 'turn red: the turn ended without an end'],
  ])('of the turn %s it says: %s', (source, text) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const turn = cold(source, events);
      const said: string[] = [];
      const silent$ = short(checkTurn('gpt-5.5', () => turn)).pipe(
        tap((each) => said.push(each)),
        ignoreElements(),
      );
      const at = source.startsWith('(') ? '|' : '1005ms |';

      expectObservable(silent$).toBe(at);
      expectSubscriptions(turn.subscriptions).toBe(at === '|' ? '(^!)' : '^ 1004ms !');
      flush();
      expect(said).toEqual([text]);
    })();
  });

  it('has a step for every failure', () => {
    const kinds: ErrorKind[] = [
      'auth',
      'binary',
      'config',
      'mcp_startup',
      'model_unsupported',
      'network',
      'timeout',
      'usage_limit',
    ];
    expect(new Set(kinds.map(stepFor)).size).toBe(kinds.length);
    expect(stepFor('internal')).toMatch(/codex exec/);
  });
});

describe('checkTools', () => {
  /** A turn in which the model calls a tool first. */
  const calling =
    (name: string, turn$: Observable<TurnEvent>): Run =>
    ({ callTool$ }) =>
      callTool$({ agent_id: 'doctor', name, arguments: {} }, () => undefined).pipe(
        mergeMap((result) => (JSON.stringify(result).includes('word-7') ? turn$ : EMPTY)),
      );

  it.each([
    ['r', 'green', 'its result came back'],
    ['w', 'green', 'its result came back'],
    ['s', 'red', 'its result did not come back'],
    ['t', 'red', 'its result did not come back'],
  ])('when the tool was called and codex says %s it is %s', (said, state, text) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold(`M-${said}(E|)`, events);
      const subs = '     ^--!';
      const expected = ' ---(c|)';

      expectObservable(short(checkTools('http', 'word-7', calling(PROBE.name, turn)))).toBe(
        expected,
        {
          c: expect.stringMatching(
            new RegExp(`^tools ${state}: the call came over "http", and ${text}`),
          ),
        },
      );
      expectSubscriptions(turn.subscriptions).toBe(subs);
    })();
  });

  it(
    'is red when the model calls nothing, or something else',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    M-(wE|)', events);
      const subs = '         ^-!     ';
      const expected = '     --(c|)  ';

      expectObservable(short(checkTools('stdio', 'word-7', () => turn))).toBe(expected, {
        c: like('tools red: the model called no tool over "stdio"'),
      });
      expectObservable(short(checkTools('stdio', 'word-7', calling('other', turn)))).toBe(
        expected,
        { c: like('tools red: the model called no tool') },
      );
      expectSubscriptions(turn.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'is red with the kind when the turn fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    M-(A|)', events);
      const subs = '         ^-!   ';
      const expected = '     --(c|)';

      expectObservable(short(checkTools('http', 'word-7', calling(PROBE.name, turn)))).toBe(
        expected,
        { c: like('tools red: auth: codex: not logged in') },
      );
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts the calls of each subscription by themselves',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    w(E|)      ', events);
      const subs = ['        ^!         ', '        -----^!    '];
      const first = '        -(g|)      ';
      const later = '        -----^     ';
      const second = '       ------(b|)';
      let calls = 0;
      const run: Run = (stage) => ((calls += 1) === 1 ? calling(PROBE.name, turn)(stage) : turn);
      const check$ = checkTools('http', 'word-7', run).pipe(map(({ state }) => state));

      expectObservable(check$).toBe(first, { g: 'green' });
      expectObservable(check$, later).toBe(second, { b: 'red' });
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends the turn when it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const turn = cold('    M-----', events);
      const unsub = '        ---!  ';
      const subs = '         ^--!  ';
      const expected = '     ------';

      expectObservable(
        checkTools('http', 'word-7', () => turn),
        unsub,
      ).toBe(expected);
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );
});
