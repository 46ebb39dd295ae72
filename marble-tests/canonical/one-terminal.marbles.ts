import { mergeMap, NEVER, type Observable, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { oneTerminal } from '../../src/canonical/one-terminal.js';
import {
  missingResult,
  noUsage,
  type Terminal,
  type TurnEvent,
} from '../../src/canonical/turn-event.js';
import { ownFailure } from '../../src/codex/events/failure.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const ends: Record<string, Terminal> = {
  m: ownFailure('internal', 'missing'),
};
const none: Record<string, Terminal> = {};
const values: Record<string, TurnEvent> = {
  ...ends,
  M: { type: 'message_start', model: 'codex' },
  t: { type: 'text_delta', text: 'hello' },
  E: { type: 'message_end', stop_reason: 'end_turn', usage: noUsage, thread_id: '' },
  X: ownFailure('network', 'gone'),
  f: ownFailure('internal', 'failed'),
};
const held = oneTerminal(
  () => ownFailure('internal', 'missing'),
  () => ownFailure('internal', 'failed'),
);

const endedBy = (end$: Observable<Terminal>) =>
  oneTerminal(
    () => ownFailure('internal', 'missing'),
    () => ownFailure('internal', 'failed'),
    end$,
  );
const calls: Record<string, TurnEvent> = {
  ...values,
  c: { type: 'tool_call_start', id: 'call_1', name: 'look' },
  r: missingResult('call_1'),
};

describe('oneTerminal', () => {
  it(
    'emits the events of a turn and completes with its terminal event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--t-E-----|', values);
      const subs = '         ^-------!      ';
      const expected = '     M--t--t-(E|)   ';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with an error event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--X-------|', values);
      const subs = '         ^-----!        ';
      const expected = '     M--t--(X|)     ';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the missing terminal event for an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|            ', values);
      const subs = '         ^-!            ';
      const expected = '     --(m|)         ';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the missing terminal event when the source completes without one',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--|        ', values);
      const subs = '         ^-----!        ';
      const expected = '     M--t--(m|)     ';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---------------', values);
      const subs = '         ^--------------';
      const expected = '     ---------------';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a terminal event when the source fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--#        ', values);
      const subs = '         ^-----!        ';
      const expected = '     M--t--(f|)     ';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends the turn at the first value of end$',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t---------  ', values);
      const end = cold('     -----m--m----  ', ends);
      const subs = '         ^----!         ';
      const expected = '     M--t-(m|)      ';

      expectObservable(source.pipe(endedBy(end))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(end.subscriptions).toBe(subs);
    }),
  );

  it(
    'lets the turn go on after an end$ without a value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t---E       ', values);
      const end = cold('     --|            ', none);
      const subs = '         ^------!       ';
      const endSubs = '      ^-!            ';
      const expected = '     M--t---(E|)    ';

      expectObservable(source.pipe(endedBy(end))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(end.subscriptions).toBe(endSubs);
    }),
  );

  it(
    'emits a terminal event when end$ fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t---E       ', values);
      const end = cold('     -----#         ', none);
      const subs = '         ^----!         ';
      const expected = '     M--t-(f|)      ';

      expectObservable(source.pipe(endedBy(end))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['a terminal event of the source', 'McE     ', '^-!      ', 'Mc(rE|)  '],
    ['a source without one', '          Mc|     ', '^-!      ', 'Mc(rm|)  '],
    ['a source that fails', '           Mc#     ', '^-!      ', 'Mc(rf|)  '],
    ['end$', '                          Mc------', '^---!    ', 'Mc--(rm|)'],
    ['a source with the result', '      Mc-r-E  ', '^----!   ', 'Mc-r-(E|)'],
  ])('gives each call a result at the end, by %s', (_, events, subs, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(events, calls);
      const end = cold('----m', ends);
      const by$ = events.includes('E') ? NEVER : end;

      expectObservable(source.pipe(endedBy(by$))).toBe(expected, calls);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'completes at the first terminal event of a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (MtEtX|)       ', values);
      const subs = '         (^!)           ';
      const expected = '     (MtE|)         ';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--t-E-----|', values);
      const unsub = '        ^----!         ';
      const subs = '         ^----!         ';
      const expected = '     M--t--         ';

      expectObservable(source.pipe(held), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('emits each missing result and one terminal event when a subscriber makes end$ emit', () => {
    const start: TurnEvent = { type: 'tool_call_start', id: 'call_1', name: 'look' };
    const missing = ownFailure('internal', 'missing');
    const end$ = new Subject<Terminal>();
    const seen: TurnEvent[] = [];
    of(start)
      .pipe(endedBy(end$))
      .subscribe({
        next: (event) => {
          seen.push(event);
          if (event.type === 'tool_result' && seen.length < 9) end$.next(missing);
        },
        error: (error: unknown) => expect.unreachable(String(error)),
      });

    expect(seen).toEqual([start, missingResult('call_1'), missing]);
  });

  it(
    'ignores a hot source after its end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   M--t--E-t-#    ', values);
      const subs = '         ^-----!        ';
      const expected = '     M--t--(E|)     ';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'has no time limit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M 180m t 180m E-|', values);
      const subs = '         ^ 21600001ms ! ';
      const expected = '     M 180m t 180m (E|)';

      expectObservable(source.pipe(held)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'subscribes to the source anew for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('     M--E           ', values);
      const firstSubs = '       ^--!           ';
      const first = '           M--(E|)        ';
      const later = '           ------^        ';
      const laterSubs = '       ------^--!     ';
      const second = '          ------M--(E|)  ';
      const turn$ = source.pipe(held);

      expectObservable(turn$).toBe(first, values);
      expectObservable(turn$, later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['M', 't', 't', 'E'].flatMap((letter) => values[letter] ?? []),
    );
    source$.pipe(held, take(2)).subscribe();

    expect(emitted).toEqual([values.M, values.t]);
  });

  it('stops a synchronous source at its terminal event', () => {
    const { source$, emitted } = synchronous(
      ['M', 'E', 't'].flatMap((letter) => values[letter] ?? []),
    );
    source$.pipe(held).subscribe();

    expect(emitted).toEqual([values.M, values.E]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--t--(E|)', values);
      const unsub = '        ----!        ';
      const subs = '         ^---!        ';
      const expected = '     M--t-        ';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        held,
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
