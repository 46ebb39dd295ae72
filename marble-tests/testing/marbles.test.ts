import { AssertionError } from 'node:assert';
import { defer, map, NEVER, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { equal } from '../../src/testing/equal.js';
import { type Marbles, marbles } from '../../src/testing/marbles.js';

const failureOf = (test: (helpers: Marbles) => void): string => {
  try {
    marbles(test)();
  } catch (error) {
    return error instanceof AssertionError ? error.message : `not an assertion: ${String(error)}`;
  }
  return 'passed';
};

describe('marbles', () => {
  it('passes in virtual time when the timelines are equal', () => {
    const test = ({ cold, hot, expectObservable, expectSubscriptions }: Marbles) => {
      const source = cold('a-(b|)', { a: { x: 1, y: undefined }, b: 'B' });
      expectObservable(source).toBe('a-(b|)', { a: { x: 1 }, b: 'B' });
      expectObservable(hot('-a--#', undefined, new TypeError('no'))).toBe(
        '-a--#',
        undefined,
        new TypeError('no'),
      );
      expectObservable(timer(3_600_000)).toBe('60m (a|)', { a: 0 });
      expectSubscriptions(source.subscriptions).toBe('^-!');
    };
    expect(failureOf(test)).toBe('passed');
  });

  it('makes performance.now() virtual while it runs, also when the test fails', () => {
    const before = performance.now();
    const measured = defer(() => {
      const began = performance.now();
      return timer(3_600_000).pipe(map(() => performance.now() - began));
    });
    const elapsed = (ms: number): string =>
      failureOf(({ expectObservable }) => {
        expectObservable(measured).toBe('60m (a|)', { a: ms });
      });
    expect([elapsed(3_600_000), elapsed(0)]).toEqual([
      'passed',
      expect.stringContaining('the marbles differ'),
    ]);
    expect(performance.now()).toBeGreaterThanOrEqual(before);
  });

  it('draws both timelines when they differ, with the same letter for the same value', () => {
    expect(
      failureOf(({ cold, expectObservable }) => {
        expectObservable(cold('--a 500ms (bc)|')).toBe('--a--(ab|)', { a: 'a', b: 'x' });
      }),
    ).toBe(
      [
        'the marbles differ',
        '',
        'expected  --a--(ab|)',
        'actual    --a 500ms (cd)---|',
        '',
        "a  'a'",
        "b  'x'",
        "c  'b'",
        "d  'c'",
        '',
      ].join('\n'),
    );
  });

  it('draws an error, and a source that never emits', () => {
    expect(failureOf(({ expectObservable }) => expectObservable(NEVER).toBe('--|'))).toContain(
      'expected  --|\nactual    (nothing)',
    );
    const wrong = throwError(() => new Error('gone'));
    expect(
      failureOf(({ expectObservable }) =>
        expectObservable(wrong).toBe('#', undefined, new Error('late')),
      ),
    ).toContain('expected  #Error: late\nactual    #Error: gone');
  });

  it('draws the subscriptions when they differ', () => {
    expect(
      failureOf(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('--a--|');
        expectObservable(source).toBe('--a--|');
        expectObservable(source, '-^').toBe('---a--|');
        expectSubscriptions(source.subscriptions).toBe(['^--!']);
      }),
    ).toContain('expected  ^--!\nactual    ^----!\nactual    -^----!');
    expect(
      failureOf(({ cold, expectSubscriptions }) => {
        expectSubscriptions(cold('|').subscriptions).toBe('(^!)');
      }),
    ).toContain('expected  (^!)\nactual    (never subscribed)');
  });

  it('accepts the asymmetric matchers of vitest and jest as expected values', () => {
    const with_ = (a: unknown) =>
      failureOf(({ cold, expectObservable }) => {
        expectObservable(cold('(a|)', { a: { text: 'hello', id: 7 } })).toBe('(a|)', { a });
      });
    expect(with_({ text: expect.stringContaining('ell'), id: expect.any(Number) })).toBe('passed');
    expect(with_({ text: expect.stringContaining('bye'), id: 7 })).toContain('the marbles differ');
  });

  it('runs each test with a scheduler of its own', () => {
    const test = ({ cold, expectObservable }: Marbles) => expectObservable(cold('-a|')).toBe('-a|');
    const twice = marbles(test);
    twice();
    expect(() => twice()).not.toThrow();
  });
});

describe('equal', () => {
  it.each<[unknown, unknown, boolean]>([
    [1, 1, true],
    [NaN, NaN, true],
    [1, '1', false],
    [[1, [2]], [1, [2]], true],
    [[1], [1, undefined], false],
    [{ a: undefined }, {}, true],
    [{ a: undefined }, { a: null }, false],
    [{ a: { b: 1 } }, { a: { b: 2 } }, false],
    [[], {}, false],
    [new Error('a'), new Error('a'), true],
    [new Error('a'), new TypeError('a'), false],
    [new Error('a'), { message: 'a' }, false],
    [Buffer.from('ab'), Buffer.from('ab'), true],
    [Buffer.from('ab'), Buffer.from('ac'), false],
    [new Map([[1, 2]]), new Map([[1, 2]]), true],
    [new Map([[1, 2]]), new Map([[1, 3]]), false],
    [new Date(1), new Date(2), false],
    [null, {}, false],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }, true],
  ])('returns for %o and %o: %s', (actual, expected, same) => {
    expect(equal(actual, expected)).toBe(same);
    expect(equal(expected, actual)).toBe(same);
  });
});
