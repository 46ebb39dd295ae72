import { map, NEVER, type Observable } from 'rxjs';
import { describe, it } from 'vitest';
import type { Check } from '../../../src/cli/doctor/check.js';
import { checkOrphans } from '../../../src/cli/doctor/orphan-checks.js';
import { marbles } from '../../support/marbles.js';

const short = (check$: Observable<Check>) =>
  check$.pipe(map(({ state, detail }) => `${state}: ${detail}`));

describe('checkOrphans', () => {
  const counts = { a: 0, b: 1, c: 3 };

  it.each([
    ['|    ', 'green: no killed plugin has left a process'],
    ['a-a| ', 'green: no killed plugin has left a process'],
    ['a-b| ', 'yellow: 1 process of 1 killed run still alive'],
    ['-cab|', 'yellow: 4 processes of 2 killed runs still alive'],
    ['(bc|)', 'yellow: 4 processes of 2 killed runs still alive'],
  ])('counts the processes of %s: %s', (source, text) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const find = cold(source, counts);
      const end = cold('|', counts);
      const at = source.startsWith('(') ? 0 : source.indexOf('|');
      const subs = at === 0 ? '(^!)' : `^${'-'.repeat(at - 1)}!`;
      const expected = `${'-'.repeat(at)}(c|)`;

      expectObservable(short(checkOrphans(false, { find$: find, end$: end }))).toBe(expected, {
        c: text,
      });
      expectSubscriptions(find.subscriptions).toBe(subs);
      expectSubscriptions(end.subscriptions).toBe([]);
    })();
  });

  it(
    'ends the orphans when mend is set',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const find = cold('    |     ', counts);
      const end = cold('     -b-c|', counts);
      const subs = '         ^---!';
      const expected = '     ----(c|)';

      expectObservable(short(checkOrphans(true, { find$: find, end$: end }))).toBe(expected, {
        c: 'green: 4 processes of 2 killed runs ended',
      });
      expectSubscriptions(end.subscriptions).toBe(subs);
      expectSubscriptions(find.subscriptions).toBe([]);
    }),
  );

  it(
    'waits for the port to complete, fails with the port, and unsubscribes from it when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const never = cold('   b-----', counts);
      const unsub = '        ---!  ';
      const neverSubs = '    ^--!  ';
      const broken = cold('  b-#   ', counts);
      const brokenSubs = '   ^-!   ';

      expectObservable(checkOrphans(false, { find$: never, end$: NEVER }), unsub).toBe('------');
      expectObservable(checkOrphans(false, { find$: broken, end$: NEVER })).toBe('--#');
      expectSubscriptions(never.subscriptions).toBe(neverSubs);
      expectSubscriptions(broken.subscriptions).toBe(brokenSubs);
    }),
  );
});
