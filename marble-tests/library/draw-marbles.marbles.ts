import { mergeMap, Observable, of, Subscription, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { drawMarbles } from '../../src/library/draw-marbles.js';
import { turnEvents } from '../../src/testing/alphabet.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const M = { piece: '-M' };

describe('drawMarbles', () => {
  it(
    'draws a turn with a dash per 10 ms and a group per moment',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('         15ms M 30ms t 14ms (coE|)      ', turnEvents);
      const subs = '                ^ 60ms !                       ';
      const expected = '            20ms M 29ms t 10ms (pd|)       ';
      const values = {
        M,
        t: { piece: '--t' },
        p: { piece: '(coE|)' },
        d: drawing('-M--t(coE|)', {
          M: 'message_start',
          t: 'text_delta',
          c: 'tool_call_start',
          o: 'tool_result',
          E: 'message_end',
        }),
      };

      expectObservable(drawMarbles(source)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'writes a long gap as a time, and counts the values of a kind',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('         a 599ms a 4999ms a 9ms |       ', {
        a: { type: 'item.completed', item: { type: 'agent_message' } },
      });
      const subs = '                ^ 5609ms !                     ';
      const expected = '            10ms a 589ms b 4999ms c 9ms (pd|)';
      const values = {
        a: { piece: 'a' },
        b: { piece: ' 590ms a' },
        c: { piece: ' 5.0s a' },
        p: { piece: '|' },
        d: drawing('a 590ms a 5.0s a|', { a: 'item.completed agent_message ×3' }),
      };

      expectObservable(drawMarbles(source)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'draws an error of the source and completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('         -a-#                           ', { a: 1 }, new Error('gone'));
      const subs = '                ^--!                           ';
      const expected = '            ---(pd|)                       ';
      const values = { p: { piece: '(n#)' }, d: drawing('(n#)', { n: 'number', '#': 'gone' }) };

      expectObservable(drawMarbles(source)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'draws a burst as one group, with a letter per kind',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('         (abcde|)                       ', {
        a: 'x',
        b: { type: 'stdout' },
        c: null,
        d: { type: '…' },
        e: ['s'],
      });
      const subs = '                (^!)                           ';
      const expected = '            (pd|)                          ';
      const values = {
        p: { piece: '(stnao|)' },
        d: drawing('(stnao|)', { s: 'string', t: 'stdout', n: 'null', a: '…', o: 'object' }),
      };

      expectObservable(drawMarbles(source)).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'draws an empty source as its completion',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('         |                              ');
      const subs = '                (^!)                           ';
      const expected = '            (pd|)                          ';

      expectObservable(drawMarbles(source)).toBe(expected, {
        p: { piece: '|' },
        d: drawing('|', {}),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a silent source, and unsubscribes from it when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('         -                              ');
      const subs = '                ^ 99ms !                       ';
      const unsub = '               ^ 99ms !                       ';
      const expected = '            -                              ';

      expectObservable(drawMarbles(source), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'drops the values after an unsubscribe, and draws anew for each subscription',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('          -a----b---|                    ', { a: 1, b: 'x' });
      const subs = [
        '               ^-!                            ',
        '   ----^-----!                    ',
      ];
      const unsub = '               ^-!                            ';

      expectObservable(drawMarbles(source), unsub).toBe('-');
      expectObservable(drawMarbles(source), '----^').toBe('----------(pd|)', {
        p: { piece: '(s|)' },
        d: drawing('(s|)', { s: 'string' }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['a', 'b', 'c']);
    const subscription = new Subscription();
    const stopped$ = source$.pipe(
      tap(() => {
        if (emitted.length === 2) subscription.unsubscribe();
      }),
    );
    const drawing$ = new Observable((subscriber) => {
      subscription.add(subscriber);
      drawMarbles(stopped$).subscribe(subscriber);
    });
    drawing$.subscribe();

    expect(emitted).toEqual(['a', 'b']);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('         -a 20ms b 9ms |', { a: 1, b: 2 });
      const subs = '                ^ 14ms !       ';
      const unsub = '               ^ 14ms !       ';
      const expected = '            10ms p         ';
      const chain$ = of('turn').pipe(
        mergeMap(() => drawMarbles(source)),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, { p: { piece: 'n' } });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

function drawing(line: string, legend: Record<string, string>) {
  return { line, legend };
}
