import { concat, EMPTY, finalize, map, NEVER, Observable, of, Subject, take, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { during } from '../../src/streams/during.js';
import { marbles } from '../support/marbles.js';

/** Emits 1, 2, 3, … synchronously until it is unsubscribed; `emitted` counts. */
const counting = (): { readonly source$: Observable<number>; readonly emitted: () => number } => {
  let emitted = 0;
  const source$ = new Observable<number>((subscriber) => {
    while (!subscriber.closed && emitted < 1_000) subscriber.next((emitted += 1));
  });
  return { source$, emitted: () => emitted };
};

describe('during', () => {
  it(
    'mirrors the stream and unsubscribes from the resource when the stream completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r----------');
      const resourceSubs = '   ^-------!    ';
      const stream = cold('      -a-b--|    ');
      const streamSubs = '     --^-----!    ';
      const expected = '       ---a-b--|    ';

      expectObservable(during(resource, () => stream)).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'hands the first value of the resource to the stream and ignores later ones',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r-s-t------');
      const resourceSubs = '   ^-------!    ';
      const stream = cold('      -a-b--|    ');
      const streamSubs = '     --^-----!    ';
      const expected = '       ---a-b--|    ';

      const use = (value: string) => stream.pipe(map((letter) => value + letter));
      expectObservable(during(resource, use)).toBe(expected, { a: 'ra', b: 'rb' });
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'leaves the stream alone when the resource completes after its value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r-|        ');
      const resourceSubs = '   ^---!        ';
      const stream = cold('      -a-b--|    ');
      const streamSubs = '     --^-----!    ';
      const expected = '       ---a-b--|    ';

      expectObservable(during(resource, () => stream)).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'completes when the resource completes without a value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  ----|  ');
      const resourceSubs = '   ^---!  ';
      const stream = cold('    -a-b--|');
      const expected = '       ----|  ';

      expectObservable(during(resource, () => stream)).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe([]);
    }),
  );

  it(
    'emits nothing while the resource is not there',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  -------');
      const resourceSubs = '   ^-----!';
      const unsub = '          ------!';
      const stream = cold('    -a-b--|');
      const expected = '       -------';

      expectObservable(
        during(resource, () => stream),
        unsub,
      ).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe([]);
    }),
  );

  it(
    'fails when the resource fails before its value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  ----#  ');
      const resourceSubs = '   ^---!  ';
      const stream = cold('    -a-b--|');
      const expected = '       ----#  ';

      expectObservable(during(resource, () => stream)).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe([]);
    }),
  );

  it(
    'fails and unsubscribes from the stream when the resource fails after its value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r--#       ');
      const resourceSubs = '   ^----!       ';
      const stream = cold('      -a-b--|    ');
      const streamSubs = '     --^--!       ';
      const expected = '       ---a-#       ';

      expectObservable(during(resource, () => stream)).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'fails and unsubscribes from the resource when the stream fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r----------');
      const resourceSubs = '   ^----!       ';
      const stream = cold('      -a-#       ');
      const streamSubs = '     --^--!       ';
      const expected = '       ---a-#       ';

      expectObservable(during(resource, () => stream)).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'fails when the function that makes the stream throws',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r----------');
      const resourceSubs = '   ^-!          ';
      const expected = '       --#          ';

      const use = (): Observable<string> => {
        throw new Error('no');
      };
      expectObservable(during(resource, use)).toBe(expected, {}, new Error('no'));
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
    }),
  );

  it(
    'unsubscribes from the stream and the resource when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r----------');
      const resourceSubs = '   ^---!        ';
      const stream = cold('      -a-b--|    ');
      const streamSubs = '     --^-!        ';
      const unsub = '          ----!        ';
      const expected = '       ---a-        ';

      expectObservable(
        during(resource, () => stream),
        unsub,
      ).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it(
    'mirrors a stream that completes synchronously',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r----------');
      const resourceSubs = '   ^-!          ';
      const expected = '       --(ab|)      ';

      expectObservable(during(resource, () => of('a', 'b'))).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
    }),
  );

  it(
    'subscribes to the resource and the stream anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  -r----------');
      const resourceSubs = ['  ^---!       ', '----^---!   '];
      const stream = cold('     -a-|       ');
      const streamSubs = ['    -^--!       ', '-----^--!   '];
      const expected = '       --a---a-|   ';

      const used$ = during(resource, () => stream);
      expectObservable(concat(used$, used$)).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );

  it('unsubscribes from the stream before the resource', () => {
    const ends: string[] = [];
    const held$ = concat(of('r'), NEVER).pipe(finalize(() => ends.push('resource')));
    const stream$ = NEVER.pipe(finalize(() => ends.push('stream')));

    during(held$, () => stream$)
      .subscribe()
      .unsubscribe();
    expect(ends).toEqual(['stream', 'resource']);
  });

  it('unsubscribes from what the stream subscribes later before the resource', () => {
    const ends: string[] = [];
    const held$ = concat(of('r'), NEVER).pipe(finalize(() => ends.push('resource')));
    const late$ = NEVER.pipe(finalize(() => ends.push('late')));
    const first$ = new Subject<never>();

    const subscription = during(held$, () => concat(first$, late$)).subscribe();
    first$.complete();
    subscription.unsubscribe();
    expect(ends).toEqual(['late', 'resource']);
  });

  it(
    'completes before it unsubscribes from the stream and then from the resource',
    marbles(({ expectObservable, flush }) => {
      const ends: string[] = [];
      const held$ = concat(of('r'), NEVER).pipe(finalize(() => ends.push('resource')));
      const stream$ = EMPTY.pipe(finalize(() => ends.push('stream')));
      const used$ = during(held$, () => stream$);

      expectObservable(used$.pipe(tap({ complete: () => ends.push('complete') }))).toBe('|');
      flush();
      expect(ends).toEqual(['complete', 'stream', 'resource']);
    }),
  );

  it(
    'takes one value of a synchronous resource whose stream completes at once',
    marbles(({ expectObservable, flush }) => {
      const { source$, emitted } = counting();

      expectObservable(during(source$, (value) => of(value))).toBe('(1|)', { 1: 1 });
      flush();
      expect(emitted()).toBe(1);
    }),
  );

  it(
    'stops a synchronous source when unsubscribed',
    marbles(({ expectObservable, flush }) => {
      const { source$, emitted } = counting();

      expectObservable(during(of('r'), () => source$).pipe(take(2))).toBe('(12|)', { 1: 1, 2: 2 });
      flush();
      expect(emitted()).toBe(2);
    }),
  );

  it(
    'keeps the unsubscription chain when operators stand around it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = cold('  --r----------');
      const resourceSubs = '   ^---!        ';
      const stream = cold('      -a-b--|    ');
      const streamSubs = '     --^-!        ';
      const unsub = '          ----!        ';
      const expected = '       ---a-        ';

      const chain$ = during(resource.pipe(map((value) => value)), () =>
        stream.pipe(map((value) => value)),
      ).pipe(map((value) => value));
      expectObservable(chain$, unsub).toBe(expected);
      expectSubscriptions(resource.subscriptions).toBe(resourceSubs);
      expectSubscriptions(stream.subscriptions).toBe(streamSubs);
    }),
  );
});
