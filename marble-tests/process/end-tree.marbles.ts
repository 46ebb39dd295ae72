import { concat, mergeMap, of, Subject } from 'rxjs';
import { describe, it } from 'vitest';
import { killUntilGone, letTreeEnd } from '../../src/process/end-tree.js';
import { rootOf } from '../../src/process/process-tree.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const root = rootOf(2 ** 30, 'A=b');

/** A tree that is alive for so many kills. `kill$` emits how many processes each kill found. */
const treeOf = (found: readonly number[]) => {
  const kill$ = new Subject<string>();
  let kills = 0;
  const kill = (): number => {
    const running = found[kills] ?? 1;
    kills += 1;
    kill$.next(String(running));
    return running;
  };
  return { kill$, kill };
};

describe('killUntilGone', () => {
  it(
    'completes at once when no process is running',
    marbles(({ expectObservable }) => {
      const { kill$, kill } = treeOf([0]);
      const kills = '   0';
      const expected = '|';

      expectObservable(kill$).toBe(kills);
      expectObservable(killUntilGone(root, kill)).toBe(expected);
    }),
  );

  it(
    'kills again every 10 ms until no process is running',
    marbles(({ expectObservable }) => {
      const { kill$, kill } = treeOf([3, 2, 0]);
      const kills = '   3 9ms 2 9ms 0';
      const expected = '- 9ms - 9ms |';

      expectObservable(kill$).toBe(kills);
      expectObservable(killUntilGone(root, kill)).toBe(expected);
    }),
  );

  it(
    'completes after 2 s when a process survives',
    marbles(({ expectObservable }) => {
      const { kill } = treeOf([]);
      const expected = '2s |';

      expectObservable(killUntilGone(root, kill)).toBe(expected);
    }),
  );

  it(
    'starts over for each subscription',
    marbles(({ expectObservable }) => {
      const { kill$, kill } = treeOf([1, 0, 1, 0]);
      const kills = '   1 9ms (01) 6ms 0';
      const expected = '- 9ms - 9ms |';
      const gone$ = killUntilGone(root, kill);

      expectObservable(kill$).toBe(kills);
      expectObservable(concat(gone$, gone$)).toBe(expected);
    }),
  );

  it(
    'kills no more once it is unsubscribed',
    marbles(({ expectObservable }) => {
      const { kill$, kill } = treeOf([]);
      const unsub = '   - 12ms !';
      const kills = '   1 9ms 1---';
      const expected = '- 12ms -';

      expectObservable(kill$).toBe(kills);
      expectObservable(killUntilGone(root, kill), unsub).toBe(expected);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ expectObservable }) => {
      const { kill$, kill } = treeOf([]);
      const unsub = '   - 12ms !';
      const kills = '   1 9ms 1---';
      const expected = '- 12ms -';

      expectObservable(kill$).toBe(kills);
      expectObservable(killUntilGone(root, kill).pipe(mergeMap((value) => of(value))), unsub).toBe(
        expected,
      );
    }),
  );
});

describe('letTreeEnd', () => {
  /** A tree in which so many processes may finish at each look, and that is gone at the last. */
  const ending = (found: readonly number[], isGone = true) => {
    const { kill$: look$, kill: count } = treeOf(found);
    const look = () => {
      const finishing = count();
      return of({ finishing, isGone: isGone && finishing === 0 });
    };
    return { look$, end$: letTreeEnd(root, look) };
  };
  const gone = { t: true } as const;

  it(
    'emits true and completes at once when no process is running',
    marbles(({ expectObservable }) => {
      const { look$, end$ } = ending([0]);
      const looks = '   0   ';
      const expected = '(t|)';

      expectObservable(look$).toBe(looks);
      expectObservable(end$).toBe(expected, gone);
    }),
  );

  it(
    'completes without a value when a process runs that does not finish by itself',
    marbles(({ expectObservable }) => {
      const { end$ } = ending([0], false);
      const expected = '|';

      expectObservable(end$).toBe(expected);
    }),
  );

  it(
    'emits true when a look, every 50 ms, finds no process',
    marbles(({ expectObservable }) => {
      const { look$, end$ } = ending([2, 1, 0]);
      const looks = '   2 49ms 1 49ms 0   ';
      const expected = '- 49ms - 49ms (t|)';

      expectObservable(look$).toBe(looks);
      expectObservable(end$).toBe(expected, gone);
    }),
  );

  it(
    'completes after 5 s when a process lives on',
    marbles(({ expectObservable }) => {
      const { end$ } = ending([]);
      const expected = '5s |';

      expectObservable(end$).toBe(expected);
    }),
  );

  it(
    'looks no more once it is unsubscribed',
    marbles(({ expectObservable }) => {
      const { look$, end$ } = ending([]);
      const unsub = '   - 60ms !';
      const looks = '   1 49ms 1';
      const expected = '- 60ms -';

      expectObservable(look$).toBe(looks);
      expectObservable(end$, unsub).toBe(expected);
    }),
  );

  const running = { finishing: 1, isGone: false };
  testUnsubscription('abc', { a: running, b: running, c: running }, (look$) =>
    letTreeEnd(root, () => look$),
  );
});
