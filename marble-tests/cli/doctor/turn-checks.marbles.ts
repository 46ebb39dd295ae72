import { EMPTY, ignoreElements, map, mergeMap, type Observable, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ErrorKind, TurnError, TurnEvent } from '../../../src/canonical/turn-event.js';
import type { Check } from '../../../src/cli/doctor/check.js';
import {
  checkTools,
  checkTurn,
  PROBE,
  problemOf,
  stepFor,
} from '../../../src/cli/doctor/turn-checks.js';
import type { Run } from '../../../src/cli/doctor/watch-turn.js';
import { ownFailure } from '../../../src/codex/events/failure.js';
import { STEPS } from '../../../src/codex/events/failure-steps.js';
import { marbles } from '../../support/marbles.js';

const notLoggedIn = ownFailure('auth', 'not logged in');
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
  A: notLoggedIn,
};
const short = (check$: Observable<Check>) =>
  check$.pipe(map(({ id, state, detail }) => `${id} ${state}: ${detail}`));
const like = (text: string): unknown => expect.stringContaining(text);

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
  ])('reports the turn %s as %s', (source, text) => {
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
});

describe('stepFor', () => {
  it('returns a step of its own per kind of error', () => {
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

describe('problemOf', () => {
  const failed = (terminal: TurnError) =>
    problemOf('turn', { ms: 1, text: '', outputs: [], warnings: [], terminal });

  it.each(Object.entries(STEPS))('says what to do about %s once', (kind, advice) => {
    const isKind = (name: string): name is ErrorKind => Object.hasOwn(STEPS, name);
    const check = failed(ownFailure(isKind(kind) ? kind : 'internal', 'the moon is full'));

    expect(check).toMatchObject({ detail: `${kind}: codex: the moon is full` });
    expect(check?.detail).not.toContain(advice);
  });

  it.each<[ErrorKind, string, detail: string, step: string]>([
    ['overloaded', 'no (os error 24)', 'overloaded: codex: no (os error 24)', 'raise the limit of'],
    ['internal', 'disk is full', 'internal: codex: disk is full', 'free space on the disk, then'],
    ['internal', 'the moon is full', 'internal: codex: the moon is full', 'try the same by hand'],
    ['binary', 'none; install it', 'binary: codex: none; install it', 'do what it says, then'],
  ])('gives %s, %s the step of its message', (kind, message, detail, step) => {
    const check = failed(ownFailure(kind, message));

    expect(check).toMatchObject({ detail, mend: expect.stringContaining(step) });
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
  ])('reports a called tool followed by the event %s as %s: %s', (said, state, text) => {
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
    'is red when the model calls no tool or another tool',
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
    'is red with the kind of the error when the turn fails',
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
    'counts the calls of every subscriber separately',
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
    'unsubscribes from the turn when unsubscribed',
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
