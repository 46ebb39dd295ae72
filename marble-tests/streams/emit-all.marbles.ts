import { Subject, takeUntil } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { emitAll } from '../../src/streams/emit-all.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

/** A digit becomes so many of itself; anything else nothing. */
const repeated = emitAll((value: string) => value.repeat(Number(value) || 0));

describe('emitAll', () => {
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
    'emits what is left when the source completes, for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' --1-|    ');
      const empty = cold('  |        ');
      const subs = '        ^---!    ';
      const expected = '    --1-(yz|)';
      const rest = emitAll(
        (value: string) => [value],
        () => ['y', 'z'],
      );

      expectObservable(source.pipe(rest)).toBe(expected);
      expectObservable(source.pipe(rest)).toBe(expected);
      expectObservable(empty.pipe(rest)).toBe('(yz|)');
      expectSubscriptions(source.subscriptions).toBe([subs, subs]);
      expectSubscriptions(empty.subscriptions).toBe('(^!)');
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
      expectObservable(other.pipe(emitAll(fail))).toBe(thrown, {}, failure);
      expectObservable(other.pipe(emitAll(() => [], fail))).toBe(atEnd, {}, failure);
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectSubscriptions(other.subscriptions).toBe(['^!', '^--!']);
    }),
  );

  it.each([
    ['for a value', 5],
    ['at the end', 0],
  ])('takes no value after an unsubscribe between two of them, %s', (_when, count) => {
    const stop$ = new Subject<void>();
    const source$ = new Subject<number>();
    const taken: number[] = [];
    function* upTo(end: number): Generator<number> {
      for (let i = 0; i < end; i += 1) {
        taken.push(i);
        yield i;
      }
    }
    source$
      .pipe(
        emitAll(upTo, () => upTo(5)),
        takeUntil(stop$),
      )
      .subscribe({
        next: (value) => {
          if (value === 1) stop$.next();
        },
        error: (error: unknown) => expect.unreachable(String(error)),
      });
    source$.next(count);
    source$.complete();

    expect(taken).toEqual([0, 1]);
  });
});
