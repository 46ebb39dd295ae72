import { defer, merge, NEVER, Subject, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mergeBeside } from '../../src/streams/merge-beside.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const silent = { next: () => undefined, complete: () => undefined };
const letters = { a: 'a', b: 'b', c: 'c' };

describe('mergeBeside', () => {
  testUnsubscription('abc', letters, (source$) => source$.pipe(mergeBeside<string>(NEVER, silent)));
  testUnsubscription('abc', letters, (side$) => NEVER.pipe(mergeBeside<string>(side$, silent)));

  it(
    'emits what the side makes of a value before the value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a----b---|');
      const subs = '         ^----------!';
      const expected = '     --(xa)-(xb)|';
      const side$ = new Subject<string>();
      const observe = { next: () => side$.next('x'), complete: () => side$.complete() };

      expectObservable(source.pipe(mergeBeside(side$, observe))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with the last of both',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const short = cold('  -a|      ');
      const long = cold('   ---x--y| ');
      const subs = '        ^------! ';
      const expected = '    -a-x--y| ';

      expectObservable(short.pipe(mergeBeside(long, silent))).toBe(expected);
      expectObservable(long.pipe(mergeBeside(short, silent))).toBe(expected);
      expectSubscriptions(long.subscriptions).toBe([subs, subs]);
    }),
  );

  it.each([
    ['-a-b-|', '--x-|', '^----!', '^---!'],
    ['(ab|)', '(xy|)', '(^!)', '(^!)'],
    ['-a-#', '--x--y|', '^--!', '^--!'],
    ['-a-b-|', '--#', '^-!', '^-!'],
    ['-a-b', '-|', '^', '^!'],
    ['|', '|', '(^!)', '(^!)'],
    ['#', 'x', '(^!)', '(^!)'],
    ['x', '#', '(^!)', '(^!)'],
  ])('emits what merge emits, for %s beside %s', (diagram, beside, subs, sideSubs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(diagram);
      const side = cold(beside);

      expectObservable(source.pipe(mergeBeside(side, silent))).toEqual(
        merge(side, source.pipe(tap(silent))),
      );
      expectSubscriptions(source.subscriptions).toBe([subs, subs]);
      expectSubscriptions(side.subscriptions).toBe([sideSubs, sideSubs]);
    })();
  });

  it(
    'unsubscribes from one when the other fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a---b-|');
      const side = cold('    --x#    ');
      const subs = '         ^--!    ';
      const expected = '     -ax#    ';

      expectObservable(source.pipe(mergeBeside(side, silent))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(side.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when the observer throws, for a value or at the end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-|');
      const subs = ['        ^!  ', '^--!'];
      const expected = '     -#  ';
      const atEnd = '        -a-#';
      const fail = (): never => {
        throw new Error('no');
      };
      const failing = source.pipe(mergeBeside<string>(NEVER, { ...silent, next: fail }));
      const ending = source.pipe(mergeBeside<string>(NEVER, { ...silent, complete: fail }));

      expectObservable(failing).toBe(expected, {}, new Error('no'));
      expectObservable(ending).toBe(atEnd, { a: 'a' }, new Error('no'));
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('does not subscribe to the source when the side fails at once', () => {
    let subscribed = 0;
    const source$ = defer(() => {
      subscribed += 1;
      return NEVER;
    });
    const failing$ = throwError(() => new Error('no'));
    source$.pipe(mergeBeside<unknown>(failing$, silent)).subscribe({ error: () => undefined });

    expect(subscribed).toBe(0);
  });
});
