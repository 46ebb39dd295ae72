import { describe, it } from 'vitest';
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

describe('tail(5)', () => {
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
    'waits with a source that never emits',
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
    'keeps up with a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (abc|)    ', values);
      const subs = '         (^!)      ';
      const expected = '     (a23|)    ';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'says nothing once it is unsubscribed',
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
    'drops what a hot source says after its end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--|--b-# ', values);
      const subs = '         ^--!      ';
      const expected = '     a--|      ';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'forgets nothing with time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a 180m b-|', values);
      const subs = '         ^ 180m --!';
      const expected = '     a 180m 2-|';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'begins empty with every subscription',
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
    'keeps the end of a chunk that is longer, and bears an empty one',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  z--a--l--z--|', values);
      const subs = '         ^-----------!';
      const expected = '     z--a--5--5--|';

      expectObservable(source.pipe(tail(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('tail', () => {
  it(
    'keeps 16 KiB',
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
