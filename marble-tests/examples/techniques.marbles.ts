import {
  type Cancel,
  type CodexBridge,
  type Exited,
  oneTerminal,
  runTurn,
  type Terminal,
  type TurnEvent,
} from 'plexum-openai-provider';
import {
  codexOutput,
  exampleTurn,
  fakePorts,
  marbles,
  turnEvents,
} from 'plexum-openai-provider/testing';
import {
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  takeUntil,
  takeWhile,
  timeout,
} from 'rxjs';
import { describe, expect, it } from 'vitest';

const missing = (): Terminal => turnEvents.X;
const failed = (): Terminal => turnEvents.Y;
const cancel: Cancel = { reason: 'host', graceMs: 5_000 };
const killed: Exited = { type: 'exited', code: 1, signal: null, stderr: '', cancelled: cancel };
const noBridge: CodexBridge = {
  tools: 1,
  overrides: () => [],
  env: {},
  threadConfig: () => ({}),
  warning: () => undefined,
};

describe('the techniques of marble-tests/README.md', () => {
  it(
    'completes with the first terminal event',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   M--t--E-t-#', turnEvents);
      const subs = '         ^-----!    ';
      const expected = '     M--t--(E|) ';

      expectObservable(source.pipe(oneTerminal(missing, failed))).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends with a cancelled message_end when codex has exited',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S--a----C(x|)', codexOutput);
      const cancel$ = hot('  -------c       ', { c: cancel });
      const exit = cold('           --k     ', { k: killed });
      const subs = '         ^------!       ';
      const expected = '     M----t---(K|)  ';
      const { ports } = fakePorts({
        codex$: (_run, stop$) =>
          merge(source.pipe(takeUntil(stop$)), stop$.pipe(mergeMap(() => exit))).pipe(
            takeWhile(({ type }) => type !== 'exited', true),
          ),
      });

      expectObservable(runTurn(exampleTurn, cancel$, ports)).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails after a silence of 5 ms, and not later',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t---------t', turnEvents);
      const subs = '         ^-------!     ';
      const expected = '     M--t----#     ';

      const timedOut = expect.objectContaining({ name: 'TimeoutError' });

      expectObservable(source.pipe(timeout({ each: 5 }))).toBe(expected, turnEvents, timedOut);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'logs a malformed line when it arrives',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S-n-a--C(x|)', codexOutput);
      const subs = '         ^---------!   ';
      const logged = '       ----n---------';
      const expected = '     M-----t---(E|)';
      const log$ = new Subject<string>();
      const { ports } = fakePorts({
        codex$: () => source,
        log: (level, msg) => level === 'warning' && log$.next(msg),
      });

      expectObservable(log$).toBe(logged, { n: 'codex printed a line that cannot be used' });
      expectObservable(runTurn(exampleTurn, NEVER, ports)).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'closes the bridge when the turn ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  --b----------', { b: noBridge });
      const codex = cold('     T-S-a-C(x|)', codexOutput);
      const bridgeSubs = '   ^--------!   ';
      const expected = '     M-----t--(E|)';
      const { ports } = fakePorts({ bridge$: () => bridge, codex$: () => codex });
      const turn = { ...exampleTurn, tools: [{ name: 'look_up' }] };

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, turnEvents);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
    }),
  );

  it(
    'waits for hours in no time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M 180m t 180m E-|', turnEvents);
      const subs = '         ^ 21600001ms !   ';
      const expected = '     M 180m t 180m (E|)';

      expectObservable(source.pipe(oneTerminal(missing, failed))).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--t--E|', turnEvents);
      const unsub = '        ^----!     ';
      const subs = '         ^----!     ';
      const expected = '     M--t--     ';
      const result = source.pipe(
        mergeMap((event) => of(event)),
        oneTerminal(missing, failed),
        mergeMap((event) => of(event)),
      );

      expectObservable(result, unsub).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const emitted: string[] = [];
    const source = new Observable<TurnEvent>((subscriber) => {
      for (const event of [turnEvents.M, turnEvents.t, turnEvents.E]) {
        if (subscriber.closed) return;
        emitted.push(event.type);
        subscriber.next(event);
      }
    });
    source.pipe(oneTerminal(missing, failed), take(2)).subscribe();

    expect(emitted).toEqual(['message_start', 'text_delta']);
  });
});
