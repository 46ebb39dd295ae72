import { readFileSync } from 'node:fs';
import { concat, concatAll, map, mergeMap, NEVER, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Line } from '../../src/lines/line.js';
import { splitLines } from '../../src/lines/split-lines.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const party = bytes('🎉\n');

const chunks: Record<string, Uint8Array> = {
  a: bytes('one\n'),
  b: bytes('two\nthree\n'),
  h: bytes('ha'),
  f: bytes('lf\n'),
  g: bytes('lf\none\nha'),
  n: bytes('\n'),
  r: bytes('\r'),
  c: bytes('one\r\ntwo\r\n'),
  e: bytes('\n\r\n\none\n\n'),
  u: bytes('x\u2028y\u2029z\n'),
  z: new Uint8Array(),
  '1': party.subarray(0, 1),
  '2': party.subarray(1, 3),
  '3': party.subarray(3),
  i: new Uint8Array([0x78, 0xff, 0xf0, 0x9f, 0x0a]),
  m: Buffer.concat([bytes('one\n'), new Uint8Array([0xc3, 0x28, 0x0a]), bytes('two\nha')]),
};
const lines: Record<string, Line> = {
  o: 'one',
  t: 'two',
  r: 'three',
  h: 'half',
  H: 'ha',
  u: 'x\u2028y\u2029z',
  p: '🎉',
  i: 'x\uFFFD\uFFFD',
  b: { undecodable: 4 },
  m: { undecodable: 2 },
};

describe('splitLines', () => {
  it(
    'emits each line when its line feed arrives',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b---h--f--|', chunks);
      const subs = '         ^------------!';
      const expected = '     o--(tr)---h--|';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|           ', chunks);
      const subs = '         ^-!           ';
      const expected = '     --|           ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --------------', chunks);
      const subs = '         ^-------------';
      const expected = '     --------------';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source and drops an unfinished line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--h--#       ', chunks);
      const subs = '         ^-----!       ';
      const expected = '     o-----#       ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of a synchronous burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (abhf|)       ', chunks);
      const subs = '         (^!)          ';
      const expected = '     (otrh|)       ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'drops an unfinished line when it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--h--f--|    ', chunks);
      const unsub = '        ^---!         ';
      const subs = '         ^---!         ';
      const expected = '     o----         ';

      expectObservable(source.pipe(splitLines()), unsub).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores what a hot source emits after its completion',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--|--a--b-#  ', chunks);
      const subs = '         ^--!          ';
      const expected = '     o--|          ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits hours for the rest of a line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  h 180m f-|    ', chunks);
      const subs = '         ^ 180m --!    ';
      const expected = '     - 180m h-|    ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts with an empty line for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  h--f--|       ', chunks);
      const unsub = '        ^-!           ';
      const firstSubs = '    ^-!           ';
      const first = '        ---           ';
      const later = '        ----^         ';
      const laterSubs = '    ----^-----!   ';
      const second = '       -------h--|   ';
      const lines$ = source.pipe(splitLines());

      expectObservable(lines$, unsub).toBe(first, lines);
      expectObservable(lines$, later).toBe(second, lines);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'joins the end of a chunk with the beginning of the next chunk',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  h--g---f--|   ', chunks);
      const subs = '         ^---------!   ';
      const expected = '     ---(ho)h--|   ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a last line without a line feed when the source completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--h--|       ', chunks);
      const subs = '         ^-----!       ';
      const expected = '     o-----(H|)    ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'drops the CR of a CRLF, also when a chunk ends between them',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c---h--r--n--|', chunks);
      const subs = '         ^------------!';
      const expected = '     (ot)------H--|';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores empty lines and empty chunks',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  n--e--z--r--n-|', chunks);
      const subs = '         ^-------------!';
      const expected = '     ---o----------|';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not split lines at U+2028 and U+2029',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  u--a--|       ', chunks);
      const subs = '         ^-----!       ';
      const expected = '     u--o--|       ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'joins a character that is split across chunks',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  1--2--3--|    ', chunks);
      const subs = '         ^--------!    ';
      const expected = '     ------p--|    ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'replaces invalid UTF-8 by U+FFFD within its line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i--a--|       ', chunks);
      const subs = '         ^-----!       ';
      const expected = '     i--o--|       ';

      expectObservable(source.pipe(splitLines())).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'refuses a line that is no UTF-8 when it is strict, and that line only',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i--a--m-----f-|', chunks);
      const subs = '         ^-------------!';
      const expected = '     b--o--(omt)-h-|';

      expectObservable(source.pipe(splitLines(1_024, { strict: true }))).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'joins a character that is split across chunks when it is strict',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  1--2--3--|    ', chunks);
      const subs = '         ^--------!    ';
      const expected = '     ------p--|    ';

      expectObservable(source.pipe(splitLines(1_024, { strict: true }))).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--h--f--|    ', chunks);
      const unsub = '        ^---!         ';
      const subs = '         ^---!         ';
      const expected = '     o----         ';
      const result$ = source.pipe(
        mergeMap((chunk) => of(chunk)),
        splitLines(),
        mergeMap((line) => of(line)),
      );

      expectObservable(result$, unsub).toBe(expected, lines);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous([bytes('1\n'), bytes('2\n3\n'), bytes('4\n')]);

    source$.pipe(splitLines(), take(2)).subscribe();

    expect(emitted).toHaveLength(2);
  });
});

const four: Record<string, Uint8Array> = {
  a: bytes('abcd\n'),
  b: bytes('abcde\n'),
  c: bytes('ab\nabcdefg\nabcd\n'),
  d: bytes('abc'),
  e: bytes('def'),
  f: bytes('g\nab\n'),
  m: bytes('éé\nééé\nab\n'),
  r: bytes('ab\nabcd\r\nab\n'),
  s: bytes('ab\nabcd\r'),
  n: bytes('\n'),
  i: new Uint8Array([0x61, 0x62, 0x0a, 0xff, 0xff, 0x0a, 0x61, 0x62, 0x0a]),
};
const bounded: Record<string, Line> = {
  A: 'abcd',
  a: 'ab',
  m: 'éé',
  i: '\uFFFD\uFFFD',
  '5': { overlong: 5 },
  '6': { overlong: 6 },
  '7': { overlong: 7 },
};

describe('splitLines with a maximum of 4 bytes', () => {
  it(
    'emits a line of the maximum length and only counts the bytes of a longer line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--a--|    ', four);
      const subs = '         ^--------!    ';
      const expected = '     A--5--A--|    ';

      expectObservable(source.pipe(splitLines(4))).toBe(expected, bounded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'finds an overlong line between other lines of its chunk',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  c----|        ', four);
      const subs = '         ^----!        ';
      const expected = '     (a7A)|        ';

      expectObservable(source.pipe(splitLines(4))).toBe(expected, bounded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts an overlong line across chunks and continues after it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  d--e--f---a--|', four);
      const subs = '         ^------------!';
      const expected = '     ------(7a)A--|';

      expectObservable(source.pipe(splitLines(4))).toBe(expected, bounded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts an overlong last line without a line feed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  d--e--|       ', four);
      const subs = '         ^-----!       ';
      const expected = '     ------(6|)    ';

      expectObservable(source.pipe(splitLines(4))).toBe(expected, bounded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts bytes, not characters',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  m----|        ', four);
      const subs = '         ^----!        ';
      const expected = '     (m6a)|        ';

      expectObservable(source.pipe(splitLines(4))).toBe(expected, bounded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts the received bytes, not the bytes of U+FFFD',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i----|        ', four);
      const subs = '         ^----!        ';
      const expected = '     (aia)|        ';

      expectObservable(source.pipe(splitLines(4))).toBe(expected, bounded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts a CR within a chunk as it does across chunks',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  r----s--n--|  ', four);
      const subs = '         ^----------!  ';
      const expected = '     (a5a)a--5--|  ';

      expectObservable(source.pipe(splitLines(4))).toBe(expected, bounded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('splitLines with the default maximum', () => {
  it('reserves little address space before a long line arrives', () => {
    const used = (): number =>
      Number(/^VmSize:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
    const before = used();
    const subscriptions = Array.from({ length: 100 }, () =>
      concat(of(bytes('half')), NEVER)
        .pipe(splitLines())
        .subscribe(),
    );
    const reserved = used() - before;
    for (const subscription of subscriptions) subscription.unsubscribe();

    // Less than 10 MB for each of them.
    expect(reserved).toBeLessThan(1_000_000);
  });

  const whole = `é${'x'.repeat(64 * 1024 * 1024)}é`;
  const size = 64 * 1024;

  it(
    'emits a line of 64 MB',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const sent = Buffer.from(`${whole}\n`);
      const pieces = Array.from({ length: Math.ceil(sent.length / size) }, (_, i) =>
        sent.subarray(i * size, (i + 1) * size),
      );
      const source = cold('  p--|          ', { p: pieces });
      const subs = '         ^--!          ';
      const expected = '     l--|          ';
      const seen = (line: Line) =>
        typeof line === 'string' ? { length: line.length, whole: line === whole } : line;

      expect(pieces).toHaveLength(1_025);
      expectObservable(source.pipe(concatAll(), splitLines(), map(seen))).toBe(expected, {
        l: { length: whole.length, whole: true },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
