import { concat, defer, mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { STDERR_TAIL_BYTES, tail } from '../../src/process/stderr-tail.js';
import { marbles } from '../support/marbles.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);

const values: Record<string, Uint8Array> = {
  z: bytes(''),
  a: bytes('ab'),
  b: bytes('cd'),
  c: bytes('ef'),
  '2': bytes('abcd'),
  '3': bytes('bcdef'),
  l: bytes('ghijklmnop'),
  '5': bytes('lmnop'),
};

describe('tail', () => {
  it(
    'emits the last bytes of all chunks so far',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--c--|', values);
      const subs = '         ^--------!';
      const expected = '     a--2--3--|';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|       ', values);
      const subs = '         ^-!       ';
      const expected = '     --|       ';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----------', values);
      const subs = '         ^---------';
      const expected = '     ----------';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--#   ', values);
      const subs = '         ^-----!   ';
      const expected = '     a--2--#   ';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits for every chunk of a synchronous burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (abc|)    ', values);
      const subs = '         (^!)      ';
      const expected = '     (a23|)    ';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing once it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--c--|', values);
      const unsub = '        ^---!     ';
      const subs = '         ^---!     ';
      const expected = '     a--2-     ';

      expectObservable(source.pipe(tail(5)), unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores what a hot source emits after its completion',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--|--b-# ', values);
      const subs = '         ^--!      ';
      const expected = '     a--|      ';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the bytes for hours',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a 180m b-|', values);
      const subs = '         ^ 180m --!';
      const expected = '     a 180m 2-|';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts empty for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--|   ', values);
      const firstSubs = '    ^-----!   ';
      const first = '        a--2--|   ';
      const later = '        -------^  ';
      const laterSubs = '    -------^-----!';
      const second = '       -------a--2--|';
      const tail$ = source.pipe(tail(5));

      expectObservable(tail$).toBe(first, values);
      expectObservable(tail$, later).toBe(second, values);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'emits the end of a longer chunk, and repeats it for an empty chunk',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  z--a--l--z--|', values);
      const subs = '         ^-----------!';
      const expected = '     z--a--5--5--|';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--c--|', values);
      const unsub = '        ^---!     ';
      const subs = '         ^---!     ';
      const expected = '     a--2-     ';
      const result$ = source.pipe(
        mergeMap((chunk) => of(chunk)),
        tail(5),
        mergeMap((end) => of(end)),
      );

      expectObservable(result$, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const subscribed: string[] = [];
    const chunk = (text: string) =>
      defer(() => {
        subscribed.push(text);
        return of(bytes(text));
      });

    concat(chunk('a'), chunk('b'), chunk('c')).pipe(tail(), take(2)).subscribe();

    expect(subscribed).toEqual(['a', 'b']);
  });

  it(
    'keeps 16 KiB by default',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const chunks = { a: bytes('a'), x: bytes('x'.repeat(STDERR_TAIL_BYTES - 1)), b: bytes('b') };
      const kept = {
        a: bytes('a'),
        x: Buffer.concat([chunks.a, chunks.x]),
        b: Buffer.concat([chunks.x, chunks.b]),
      };
      const source = cold('  a--x--b--|', chunks);
      const subs = '         ^--------!';
      const expected = '     a--x--b--|';

      expectObservable(source.pipe(tail())).toBe(expected, kept);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
