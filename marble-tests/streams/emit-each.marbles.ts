import { Observable, Subject, takeUntil } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { emitEach } from '../../src/streams/emit-each.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

/** A digit becomes so many of itself; anything else nothing. */
const repeated = emitEach<string, string>((value, subscriber) => {
  for (let left = Number(value); left > 0; left -= 1) subscriber.next(value);
});

describe('emitEach', () => {
  testUnsubscription('123', { 1: '1', 2: '2', 3: '3' }, (source$) => source$.pipe(repeated));

  it(
    'emits several values for one, or none, and completes with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' -2--a--1--|');
      const subs = '        ^---------!';
      const expected = '    -(22)--1--|';

      expectObservable(source.pipe(repeated)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits what is left when the source completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a-|   ');
      const subs = '         ^---!   ';
      const expected = '     ----(z|)';
      const rest = emitEach<string, string>(
        () => undefined,
        (subscriber) => subscriber.next('z'),
      );

      expectObservable(source.pipe(rest)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source, and with what its functions throw',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const failure = new Error('thrown');
      const fail = (): never => {
        throw failure;
      };
      const source = cold(' -1-#');
      const other = cold('  -1-|');
      const expected = '    -1-#';
      const thrown = '      -#  ';
      const atEnd = '       ---#';

      expectObservable(source.pipe(repeated)).toBe(expected);
      expectObservable(other.pipe(emitEach(fail))).toBe(thrown, {}, failure);
      expectObservable(other.pipe(emitEach(() => undefined, fail))).toBe(atEnd, {}, failure);
      expectSubscriptions(other.subscriptions).toBe(['^!', '^--!']);
    }),
  );

  it(
    'fails with what the release of a source throws that ends at once',
    marbles(({ expectObservable }) => {
      const failure = new Error('release');
      const source$ = new Observable<string>((subscriber) => {
        subscriber.complete();
        return () => {
          throw failure;
        };
      });

      expectObservable(source$.pipe(repeated)).toBe('#', {}, failure);
    }),
  );

  it('says that the subscriber is closed between two values', () => {
    const stop$ = new Subject<void>();
    const source$ = new Subject<number>();
    const seen: number[] = [];
    const counted = emitEach<number, number>((count, subscriber) => {
      for (let i = 0; i < count && !subscriber.closed; i += 1) subscriber.next(i);
    });
    source$.pipe(counted, takeUntil(stop$)).subscribe({
      next: (value) => {
        seen.push(value);
        if (value === 1) stop$.next();
      },
      error: (error: unknown) => expect.unreachable(String(error)),
    });
    source$.next(5);
    expect(seen).toEqual([0, 1]);
  });
});
