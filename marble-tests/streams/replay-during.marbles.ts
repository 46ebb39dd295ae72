import { concat, finalize, from, mergeMap, NEVER, Observable, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { replayDuring } from '../../src/streams/replay-during.js';
import { marbles } from '../support/marbles.js';

describe('replayDuring', () => {
  it(
    'replays earlier values to a late subscriber and subscribes to the source once',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   --a--b------c---');
      const sourceSubs = '   ^-------------! ';
      const late = cold('    --------l-----| ');
      const lateSubs = '     ^-------------! ';
      const expected = '     --------(ab)c-| ';

      const used$ = replayDuring(source, (replayed$) =>
        late.pipe(mergeMap(() => replayed$.pipe(take(3)))),
      );
      expectObservable(used$).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(late.subscriptions).toBe(lateSubs);
    }),
  );

  it(
    'replays the last 16 values at most',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const late = cold('    ---(l|)');
      const subs = '         ^--!   ';
      const expected = '     ---(cdefghijklmnopqr|)';

      const used$ = replayDuring(from(Array.from('abcdefghijklmnopqr')), (replayed$) =>
        late.pipe(mergeMap(() => replayed$)),
      );
      expectObservable(used$).toBe(expected);
      expectSubscriptions(late.subscriptions).toBe(subs);
    }),
  );

  it(
    'hands a value that the source emits synchronously to the first subscriber at once',
    marbles(({ expectObservable }) => {
      const expected = '     (ab|)';

      const used$ = replayDuring(concat(of('a'), NEVER), (replayed$) =>
        concat(replayed$.pipe(take(1)), of('b')),
      );
      expectObservable(used$).toBe(expected);
    }),
  );

  it(
    'emits nothing of the source that the other stream does not ask for',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   -a-b-c---');
      const sourceSubs = '   ^---!    ';
      const stream = cold('  --x-|    ');
      const streamSubs = '   ^---!    ';
      const expected = '     --x-|    ';

      expectObservable(replayDuring(source, () => stream)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'replays the completion of the source and lets the other stream run on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a|       ');
      const sourceSubs = '   ^-!       ';
      const late = cold('    -----l|   ');
      const lateSubs = '     ^-----!   ';
      const expected = '     -----a|   ';

      const used$ = replayDuring(source, (replayed$) => late.pipe(mergeMap(() => replayed$)));
      expectObservable(used$).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(late.subscriptions).toBe(lateSubs);
    }),
  );

  it(
    'replays the failure of the source to those who subscribe to it only',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -#        ');
      const sourceSubs = '   ^!        ';
      const late = cold('    --x--l|   ');
      const lateSubs = '     ^----!    ';
      const expected = '     --x--#    ';

      const used$ = replayDuring(source, (replayed$) =>
        late.pipe(mergeMap((letter) => (letter === 'l' ? replayed$ : of(letter)))),
      );
      expectObservable(used$).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(late.subscriptions).toBe(lateSubs);
    }),
  );

  it(
    'fails and unsubscribes from the source when the other stream fails',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   -a-------');
      const sourceSubs = '   ^--!     ';
      const stream = cold('  --x#     ');
      const streamSubs = '   ^--!     ';
      const expected = '     --x#     ';

      expectObservable(replayDuring(source, () => stream)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   -a-------');
      const sourceSubs = '   ^--!     ';
      const stream = cold('  --x--x-- ');
      const streamSubs = '   ^--!     ';
      const unsub = '        ---!     ';
      const expected = '     --x-     ';

      const chain$ = of('start').pipe(mergeMap(() => replayDuring(source, () => stream)));
      expectObservable(chain$, unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'subscribes to the source anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a---     ');
      const sourceSubs = ['  ^-!       ', '--^-!     '];
      const stream = cold('  --|       ');
      const streamSubs = ['  ^-!       ', '--^-!     '];
      const expected = '     ----|     ';

      const used$ = replayDuring(source, () => stream);
      expectObservable(concat(used$, used$)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it('unsubscribes from the other stream before the source', () => {
    const ends: string[] = [];
    const source$ = NEVER.pipe(finalize(() => ends.push('source')));
    const stream$ = NEVER.pipe(finalize(() => ends.push('stream')));

    replayDuring(source$, () => stream$)
      .subscribe()
      .unsubscribe();
    expect(ends).toEqual(['stream', 'source']);
  });

  it(
    'stops a synchronous source when unsubscribed',
    marbles(({ expectObservable, flush }) => {
      let emitted = 0;
      const counting$ = new Observable<number>((subscriber) => {
        while (!subscriber.closed && emitted < 1_000) subscriber.next((emitted += 1));
      });

      const used$ = replayDuring(NEVER, () => counting$).pipe(take(2));
      expectObservable(used$).toBe('(12|)', { 1: 1, 2: 2 });
      flush();
      expect(emitted).toBe(2);
    }),
  );
});
