import {
  defer,
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ExecPlan } from '../../src/codex/exec/codex-run.js';
import { codex$, events$, turn$ } from '../../src/library/turns.js';
import type { Ports } from '../../src/ports.js';
import type { Exited, ProcessSignal } from '../../src/process/run.js';
import { codexOutput, turnEvents } from '../../src/testing/alphabet.js';
import { abortedBy } from '../support/abort-signal.js';
import { marbles } from '../support/marbles.js';
import { fakePorts, quietRun } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const STORED = '01a1fb58-5a98-7973-8b0a-074f22270974';
const env = { PLEXUM_PROFILE_ROOT: '/nowhere' };

/**
 * Ports with a codex that emits `source$`, and exits at once when it is cancelled. The workspace
 * has a stored thread. `plans` holds the plans of the runs, `stored` the threads that were stored.
 */
const lab = (source$: Observable<ProcessSignal>, given: Partial<Ports> = {}) => {
  const plans: ExecPlan[] = [];
  const stored: string[] = [];
  const { ports } = fakePorts({
    readSession$: () => of({ threadId: STORED }),
    writeSession$: (_workspace, threadId) =>
      defer(() => {
        stored.push(threadId);
        return EMPTY;
      }),
    codexRun$: (plan) =>
      defer(() => {
        plans.push(plan);
        return of(quietRun);
      }),
    codex$: (_run, cancel$) =>
      merge(
        source$.pipe(takeUntil(cancel$)),
        cancel$.pipe(
          map(
            (cancelled): Exited => ({
              type: 'exited',
              code: 1,
              signal: null,
              stderr: '',
              cancelled,
            }),
          ),
        ),
      ).pipe(takeWhile(({ type }) => type !== 'exited', true)),
    ...given,
  });
  return { plans, stored, options: { ports, env, workspace: '/w' } };
};

/** The exit of a cancelled codex. */
const cancelled = {
  code: 1,
  signal: null,
  stderr: '',
  cancelled: { reason: 'host', graceMs: 5_000 },
} as const;

describe('turn$', () => {
  it(
    'asks codex for an answer that fits outputSchema, with the arguments of the model id',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  x|', codexOutput);
      const subs = '         (^!)';
      const { plans, options } = lab(source);
      const outputSchema = { type: 'object' };
      const config = { modelArgs: { high: ['-m', 'gpt-5.5', '-c', 'a=1'] } };
      const turn = turn$('hi', { ...options, outputSchema, config, model: 'high' });

      expectObservable(turn.pipe(ignoreElements())).toBe('|');
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(plans).toMatchObject([{ model: 'gpt-5.5', modelArgs: ['-c', 'a=1'], outputSchema }]);
    }),
  );

  it(
    'emits the events of a turn and stores its thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-S--a--C(x|)    ', codexOutput);
      const subs = '         ^--------!       ';
      const expected = '     M----t---(E|)    ';
      const { plans, stored, options } = lab(source, { readSession$: () => of({}) });

      expectObservable(turn$('hi', { ...options, model: 'gpt-5.5' })).toBe(expected, {
        ...turnEvents,
        M: { type: 'message_start', model: 'gpt-5.5' },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(plans).toEqual([
        {
          threadId: undefined,
          model: 'gpt-5.5',
          images: [],
          workspace: '/w',
          prompt: 'hi',
          bridge: undefined,
        },
      ]);
      expect(stored).toHaveLength(1);
    }),
  );

  it(
    'resumes the thread of the workspace, or starts a new one with newThread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('x|', codexOutput);
      const { plans, options } = lab(source);

      expectObservable(turn$('a', options).pipe(take(1))).toBe('(R|)', {
        R: { type: 'message_start', model: 'codex', thread_id: STORED },
      });
      expectObservable(turn$('b', { ...options, newThread: true }).pipe(take(1))).toBe(
        '(M|)',
        turnEvents,
      );
      expectObservable(turn$('c', options)).toBe('(RX|)', {
        R: { type: 'message_start', model: 'codex', thread_id: STORED },
        X: {
          type: 'error',
          kind: 'process_died',
          message: expect.stringContaining('exited with code 0'),
          retryable: true,
        },
      });
      expectObservable(turn$('d', { ...options, newThread: true }).pipe(take(2))).toBe('(MX|)', {
        ...turnEvents,
        X: expect.objectContaining({ type: 'error' }),
      });
      expectSubscriptions(source.subscriptions).toBe(['(^!)', '(^!)']);
      flush();
      expect(plans.map(({ prompt, threadId }) => [prompt, threadId])).toEqual([
        ['c', STORED],
        ['d', undefined],
      ]);
    }),
  );

  it(
    'ends with a cancelled message_end at the first value of cancel$',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S--a-----      ', codexOutput);
      const cancel$ = hot('  -------c-c--     ');
      const subs = '         ^------!         ';
      const expected = '     M----t-(K|)      ';

      expectObservable(
        turn$('hi', { ...lab(source, { readSession$: () => of({}) }).options, cancel$ }),
      ).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends with a cancelled message_end when the signal aborts',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-S--a-----      ', codexOutput);
      const abort = cold('   -------a         ');
      const subs = '         ^------!         ';
      const expected = '     M----t-(K|)      ';
      const { signal, abort$, listeners } = abortedBy(abort);
      const { options } = lab(source, { readSession$: () => of({}) });

      expectObservable(turn$('hi', { ...options, signal })).toBe(expected, turnEvents);
      expectObservable(abort$).toBe('-');
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(listeners()).toBe(0);
    }),
  );

  it(
    'ends with a cancelled message_end, without starting codex, when the signal has aborted before',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-S--a-----      ', codexOutput);
      const expected = '     (RK|)            ';
      const { plans, options } = lab(source);
      const values = {
        R: { type: 'message_start', model: 'codex', thread_id: STORED },
        K: { ...turnEvents.K, thread_id: STORED },
      };

      expectObservable(turn$('hi', { ...options, signal: AbortSignal.abort() })).toBe(
        expected,
        values,
      );
      expectSubscriptions(source.subscriptions).toBe([]);
      flush();
      expect(plans).toEqual([]);
    }),
  );

  it(
    'removes its listener from the signal at the end of the turn',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-S--a--C(x|)    ', codexOutput);
      const subs = ['        ^--------!       ', '^-----!'];
      const unsub = '        ------!          ';
      const expected = '     M----t---(E|)    ';
      const { signal, listeners } = abortedBy(NEVER);
      const { options } = lab(source, { readSession$: () => of({}) });

      expectObservable(turn$('hi', { ...options, signal })).toBe(expected, turnEvents);
      expectObservable(turn$('hi', { ...options, signal }), unsub).toBe('M----t', turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(listeners()).toBe(0);
    }),
  );

  it(
    'runs to its end when cancel$ completes without a value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-a-C(x|)        ', codexOutput);
      const cancel$ = cold(' -|               ');
      const subs = '         ^----!           ';
      const cancelSubs = '   ^!               ';
      const expected = '     M-t--(E|)        ';

      expectObservable(
        turn$('hi', { ...lab(source, { readSession$: () => of({}) }).options, cancel$ }),
      ).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
    }),
  );

  it(
    'unsubscribes from codex when unsubscribed, and runs a turn per subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S--a--C(x|)    ', codexOutput);
      const subs = ['        ^------!         ', '---------^--------!'];
      const unsub = '        ^------!         ';
      const turn = turn$('hi', lab(source, { readSession$: () => of({}) }).options);

      expectObservable(turn, unsub).toBe('M----t--', turnEvents);
      expectObservable(turn, '---------^').toBe('---------M----t---(E|)', turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails before codex starts when the text or the options are invalid',
    marbles(({ expectObservable, flush }) => {
      const { plans, options } = lab(NEVER);
      const reason = (text: string) => ({
        name: 'RefusedError',
        message: expect.stringContaining(text),
      });

      expectObservable(turn$(' ', options)).toBe(
        '#',
        undefined,
        expect.objectContaining(reason('no user text')),
      );
      expectObservable(turn$('x'.repeat(1_048_577), options)).toBe(
        '#',
        undefined,
        expect.objectContaining(reason('longer than')),
      );
      expectObservable(turn$('hi', { ...options, model: '--yolo' })).toBe(
        '#',
        undefined,
        expect.objectContaining(reason('looks like a flag')),
      );
      flush();
      expect(plans).toEqual([]);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S--a--C(x|)    ', codexOutput);
      const unsub = '        ^------!         ';
      const subs = '         ^------!         ';
      const expected = '     M----t--         ';
      const { options } = lab(source, { readSession$: () => of({}) });
      const event$ = of('hi').pipe(
        mergeMap((text) => turn$(text, options)),
        mergeMap((event) => of(event)),
      );

      expectObservable(event$, unsub).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { T, S, a, C } = codexOutput;
    const { source$, emitted } = synchronous<ProcessSignal>([T, S, a, C]);
    turn$('hi', lab(source$).options).pipe(take(2)).subscribe();

    expect(emitted).toEqual([T, S, a]);
  });
});

describe('codex$', () => {
  it(
    'emits the signals of the process unchanged, and stores no thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-n--a--C(x|)    ', codexOutput);
      const subs = '         ^--------!       ';
      const expected = '     T-n--a--C(x|)    ';
      const { plans, stored, options } = lab(source);

      expectObservable(codex$('hi', options)).toBe(expected, codexOutput);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect([plans, stored]).toEqual([
        [{ threadId: STORED, model: undefined, images: [], workspace: '/w', prompt: 'hi' }],
        [],
      ]);
    }),
  );

  it(
    'completes without starting codex when it is cancelled in the queue',
    marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
      const queue: Ports['inOrder'] = (_workspace, hurry$, source$) =>
        merge(cold('---------c', { c: 'called' }), hurry$).pipe(
          take(1),
          switchMap(() => source$),
        );
      const { plans, options } = lab(NEVER, { inOrder: queue });
      const cancel$ = hot('  ---c             ');
      const subs = '         ^--!             ';
      const expected = '     ---|             ';

      expectObservable(codex$('hi', { ...options, cancel$ })).toBe(expected);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      flush();
      expect(plans).toEqual([]);
    }),
  );

  it(
    'fails when the process cannot be started',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<ProcessSignal>('--#            ', undefined, new Error('no such binary'));
      const expected = '     --#              ';

      expectObservable(codex$('hi', lab(source).options)).toBe(
        expected,
        undefined,
        new Error('no such binary'),
      );
      expectObservable(
        codex$('hi', lab(NEVER, { codexRun$: () => throwError(() => new Error('none')) }).options),
      ).toBe('#', undefined, new Error('none'));
      expectSubscriptions(source.subscriptions).toBe('^-!');
    }),
  );

  it(
    'ends with the exit when the signal aborts',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-S-------       ', codexOutput);
      const abort = cold('   ----a            ');
      const subs = '         ^---!            ';
      const expected = '     T-S-(x|)         ';
      const { signal, abort$, listeners } = abortedBy(abort);

      expectObservable(codex$('hi', { ...lab(source).options, signal })).toBe(expected, {
        ...codexOutput,
        x: { type: 'exited', ...cancelled },
      });
      expectObservable(abort$).toBe('-');
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(listeners()).toBe(0);
    }),
  );

  it(
    'completes without starting codex when the signal has aborted before',
    marbles(({ expectObservable, flush }) => {
      const { plans, options } = lab(NEVER);

      expectObservable(codex$('hi', { ...options, signal: AbortSignal.abort() })).toBe('|');
      flush();
      expect(plans).toEqual([]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { T, S, a } = codexOutput;
    const { source$, emitted } = synchronous<ProcessSignal>([T, S, a]);
    codex$('hi', lab(source$).options).pipe(take(2)).subscribe();

    expect(emitted).toEqual([T, S]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S--a--C(x|)    ', codexOutput);
      const unsub = '        ^------!         ';
      const subs = '         ^------!         ';
      const expected = '     T-S--a--         ';
      const { options } = lab(source);
      const signal$ = of('hi').pipe(
        mergeMap((text) => codex$(text, options)),
        mergeMap((signal) => of(signal)),
      );

      expectObservable(signal$, unsub).toBe(expected, codexOutput);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('events$', () => {
  it(
    'emits the decoded events of codex and its exit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-n--a---(x|)    ', codexOutput);
      const subs = '         ^--------!       ';
      const expected = '     S-n--a---(x|)    ';
      const values = {
        S: { type: 'turn.started' },
        n: { type: 'malformed', reason: 'not JSON', sample: 'noise' },
        a: { type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'hello' } },
        x: codexOutput.x,
      };

      expectObservable(events$('hi', lab(source).options)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits malformed for a line over the maxLineBytes of the config',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T(x|)', codexOutput);
      const subs = '         ^!';
      const { options } = lab(source, { maxLineBytes: 10 });

      expectObservable(events$('hi', options).pipe(map(({ type }) => type))).toBe('m(x|)', {
        m: 'malformed',
        x: 'exited',
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends with the exit when it is cancelled',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  S---------       ', codexOutput);
      const cancel$ = hot('  ----c            ');
      const subs = '         ^---!            ';
      const { options } = lab(source);

      expectObservable(events$('hi', { ...options, cancel$ }).pipe(take(2))).toBe('S---(x|)', {
        S: { type: 'turn.started' },
        x: { type: 'exited', ...cancelled },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-n--a--C(x|)    ', codexOutput);
      const unsub = '        ^---!            ';
      const subs = '         ^---!            ';
      const expected = '     S-n--            ';
      const { options } = lab(source);
      const event$ = of('hi').pipe(
        mergeMap((text) => events$(text, options)),
        mergeMap(({ type }) => of(type)),
      );

      expectObservable(event$, unsub).toBe(expected, { S: 'turn.started', n: 'malformed' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { T, S, a } = codexOutput;
    const { source$, emitted } = synchronous<ProcessSignal>([T, S, a]);
    events$('hi', lab(source$).options).pipe(take(2)).subscribe();

    expect(emitted).toEqual([T, S]);
  });
});
