import { finalize, Observable, Subject, Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { forward, link } from '../../src/streams/link.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const letters = { a: 'a', b: 'b', c: 'c' };
const failure = new Error('no');
const fail = (): never => {
  throw failure;
};
const unreachable = (error: unknown): never => expect.unreachable(String(error));

type Handlers = Parameters<typeof link<string, string>>[2];

/** An operator that is nothing but the link: by default it mirrors its source. */
const linked = (source$: Observable<string>, handlers: Partial<Handlers> = {}) =>
  new Observable<string>((subscriber) => {
    link<string, string>(source$, subscriber, {
      next: (value, to) => to.next(value),
      complete: () => subscriber.complete(),
      ...handlers,
    });
  });

describe('link', () => {
  testUnsubscription('abc', letters, (source$) => linked(source$));

  it(
    'passes the values and the end of the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-(bc)-|  ');
      const failing = cold(' -a-#       ');
      const subs = '         ^-------!  ';
      const failingSubs = '  ^--!       ';
      const expected = '     -a-(bc)-|  ';

      expectObservable(linked(source)).toBe(expected);
      expectObservable(linked(failing)).toBe(' -a-#');
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(failing.subscriptions).toBe(failingSubs);
    }),
  );

  it(
    'gives the error to its handler, if it has one',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-#       ');
      const subs = '         ^--!       ';
      const expected = '     -a-(e|)    ';
      const result$ = new Observable<string>((subscriber) => {
        link<string, string>(source, subscriber, {
          next: (value, to) => to.next(value),
          complete: fail,
          error: () => {
            subscriber.next('e');
            subscriber.complete();
          },
        });
      });

      expectObservable(result$).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['for a value', { next: fail }, '-#', '^!'],
    ['for the end', { complete: fail }, '-a-#', '^--!'],
  ])('fails with what a handler throws %s', (_when, handlers, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-|');

      expectObservable(linked(source, handlers)).toBe(expected, letters, failure);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'fails with what the handler of the error throws',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-#', letters, new Error('another'));
      const subs = '         ^--!';
      const expected = '     -a-#';

      expectObservable(linked(source, { error: fail })).toBe(expected, letters, failure);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each(['complete', 'error'])(
    'calls the handlers of the end once the source is released: %s',
    (end) => {
      const order: string[] = [];
      const source$ = new Observable<string>((subscriber) => {
        if (end === 'error') subscriber.error(failure);
        else subscriber.complete();
        return () => order.push('released');
      });
      linked(source$, {
        complete: () => order.push('complete'),
        error: () => order.push('error'),
      }).subscribe({ error: unreachable });

      expect(order).toEqual(['released', end === 'error' ? 'error' : 'complete']);
    },
  );

  it('fails with what the release of the source throws', () => {
    const errors: string[] = [];
    const source$ = new Subject<string>();
    linked(source$.pipe(finalize(fail))).subscribe({
      error: (error: unknown) => errors.push(String(error)),
    });
    source$.complete();

    expect(errors).toEqual([expect.stringContaining('no')]);
  });

  it('fails with what the release of a source throws that ends at once', () => {
    const errors: string[] = [];
    const source$ = new Observable<string>((subscriber) => {
      subscriber.complete();
      return fail;
    });
    linked(source$).subscribe({
      error: (error: unknown) => errors.push(String(error)),
      complete: () => errors.push('complete'),
    });

    expect(errors).toEqual([expect.stringContaining('no')]);
  });

  it('calls no handler of the end for a subscriber that the release has closed', () => {
    const ends: string[] = [];
    const source$ = new Subject<string>();
    const subscription = new Subscription();
    const released$ = source$.pipe(finalize(() => subscription.unsubscribe()));
    subscription.add(
      linked(released$, { complete: () => ends.push('complete') }).subscribe({
        error: unreachable,
      }),
    );
    source$.complete();

    expect(ends).toEqual([]);
  });

  it('calls no handler of the end for a subscriber that is closed', () => {
    const ends: string[] = [];
    const source$ = new Subject<string>();
    linked(source$, { complete: () => ends.push('complete'), error: () => ends.push('error') })
      .subscribe({ error: unreachable })
      .unsubscribe();
    source$.complete();

    expect(ends).toEqual([]);
    expect(source$.observed).toBe(false);
  });

  it('does not subscribe for a subscriber that is closed', () => {
    let subscribed = 0;
    const source$ = new Observable<string>(() => {
      subscribed += 1;
    });
    const result$ = new Observable<string>((subscriber) => {
      subscriber.complete();
      link<string, string>(source$, subscriber, { next: fail, complete: fail });
    });
    result$.subscribe({ error: unreachable });

    expect(subscribed).toBe(0);
  });

  it('is unsubscribed with its owner', () => {
    const source$ = new Subject<string>();
    const owner = new Subscription();
    const result$ = new Observable<string>((subscriber) => {
      link<string, string>(source$, subscriber, { next: fail, complete: fail }, owner);
    });
    const subscription = result$.subscribe({ error: unreachable });

    expect(source$.observed).toBe(true);
    owner.unsubscribe();
    expect(source$.observed).toBe(false);
    expect(subscription.closed).toBe(false);
  });
});

describe('forward', () => {
  testUnsubscription(
    'abc',
    letters,
    (source$) => new Observable((subscriber) => forward(source$, subscriber)),
  );

  it(
    'passes the source on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-b-|');
      const subs = '         ^----!';
      const expected = '     -a-b-|';

      expectObservable(new Observable<string>((subscriber) => forward(source, subscriber))).toBe(
        expected,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('unsubscribes what the source adds later before what is added after it', () => {
    const order: string[] = [];
    const add$ = new Subject<void>();
    const source$ = new Observable<string>((subscriber) => {
      subscriber.add(
        add$.subscribe({
          next: () => subscriber.add(() => order.push('of the source')),
          error: unreachable,
        }),
      );
    });
    const subscription = new Observable<string>((subscriber) => {
      forward(source$, subscriber);
      subscriber.add(() => order.push('after it'));
    }).subscribe({ error: unreachable });
    add$.next();
    subscription.unsubscribe();

    expect(order).toEqual(['of the source', 'after it']);
  });
});
