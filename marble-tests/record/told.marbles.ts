import { mergeMap, type Observable } from 'rxjs';
import { describe, it } from 'vitest';
import type { Notice, OnNotice } from '../../src/canonical/notice.js';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { told } from '../../src/record/recorded.js';
import { marbles } from '../support/marbles.js';

const values: Record<string, Notice> = {
  M: { event: { type: 'message_start', model: 'codex' } },
  t: { event: { type: 'text_delta', text: 'hello' } },
  w: { wait: { ahead: 1 } },
  r: { raw: { type: 'turn.started' } },
};

/** A turn of these marbles: the events it emits, the rest it tells. */
const turnOf =
  (source$: Observable<Notice>) =>
  (onNotice: OnNotice): Observable<TurnEvent> =>
    source$.pipe(
      mergeMap((what) => {
        if ('event' in what) return [what.event];
        onNotice(what);
        return [];
      }),
    );

describe('told', () => {
  it(
    'emits what is told and the events, in their order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -w-M-r--t--|', values);
      const subs = '         ^----------!';
      const expected = '     -w-M-r--t--|';

      expectObservable(told(turnOf(source))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'takes a burst at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (wMrt|)', values);
      const subs = '         (^!)   ';
      const expected = '     (wMrt|)';

      expectObservable(told(turnOf(source))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['completes with a turn that is empty', '|     ', '(^!)  '],
    ['says nothing of one that says nothing', '------', '^     '],
    ['fails with the turn', '-w-M-#', '^----!'],
    ['emits what is told of a turn without an event', '-w-r-|', '^----!'],
  ])('%s', (_what, marble, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(marble, values);

      expectObservable(told(turnOf(source))).toBe(marble, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'unsubscribes from the turn; what comes later goes nowhere',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   -w-M-r--t--|', values);
      const unsub = '        ----!       ';
      const subs = '         ^---!       ';
      const expected = '     -w-M        ';

      expectObservable(told(turnOf(source)), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'drops what is told after the end of the turn',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  -M-|   ', values);
      const late = hot('     -----w-', values);
      const subs = '         ^--!   ';
      const expected = '     -M-|   ';
      const tellers: OnNotice[] = [];

      expectObservable(told((onNotice) => (tellers.push(onNotice), turnOf(source)(onNotice)))).toBe(
        expected,
        values,
      );
      expectObservable(
        late.pipe(mergeMap((what) => tellers.map((onNotice) => onNotice(what)))),
      ).toBe('-----u-', { u: undefined });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'is a turn of its own for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -w-M|        ', values);
      const later = '        ------^      ';
      const turn$ = told(turnOf(source));

      expectObservable(turn$).toBe('       -w-M|        ', values);
      expectObservable(turn$, later).toBe('-------w-M|  ', values);
      expectSubscriptions(source.subscriptions).toBe(['^---!        ', '------^---!  ']);
    }),
  );
});
