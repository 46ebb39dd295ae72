import { map, NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Check, green, guarded } from '../../../src/cli/doctor/check.js';
import { checkOrphans, checkSockets } from '../../../src/cli/doctor/install-checks.js';
import { marbles } from '../../support/marbles.js';

const short = (check$: Observable<Check>) =>
  check$.pipe(map(({ state, detail }) => `${state}: ${detail}`));
const like = (text: string): unknown => expect.stringContaining(text);

describe('checkSockets', () => {
  it(
    'is green when one listens, and lets go of it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const listen = cold('  --s---', { s: '/run/s' });
      const subs = '         ^-!   ';
      const expected = '     --(g|)';

      expectObservable(short(checkSockets('stdio', listen))).toBe(expected, {
        g: 'green: one can be made, at /run/s',
      });
      expectSubscriptions(listen.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['stdio', 'red'],
    ['http', 'yellow'],
  ] as const)('that cannot be made are, with the bridge %s, %s', (bridge, state) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const listen = cold('--#   ', {}, new Error('its path is too long'));
      const subs = '       ^-!   ';
      const expected = '   --(c|)';

      expectObservable(short(checkSockets(bridge, listen))).toBe(expected, {
        c: like(`${state}: its path is too long`),
      });
      expectSubscriptions(listen.subscriptions).toBe(subs);
    })();
  });

  it(
    'waits, and is let go',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const listen = cold('  ------');
      const unsub = '        ---!  ';
      const subs = '         ^--!  ';
      const expected = '     ------';

      expectObservable(checkSockets('http', listen), unsub).toBe(expected);
      expectSubscriptions(listen.subscriptions).toBe(subs);
    }),
  );

  it(
    'listens anew with every subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const listen = cold('  -s     ', { s: '/run/s' });
      const subs = ['        ^!     ', '        ----^!   '];
      const first = '        -(g|)    ';
      const later = '        ----^    ';
      const second = '       -----(g|)';
      const check$ = short(checkSockets('http', listen));

      expectObservable(check$).toBe(first, { g: like('green') });
      expectObservable(check$, later).toBe(second, { g: like('green') });
      expectSubscriptions(listen.subscriptions).toBe(subs);
    }),
  );
});

describe('checkLeftovers', () => {
  const counts = { a: 0, b: 1, c: 3 };

  it.each([
    ['|    ', 'green: no killed plugin has left a process'],
    ['a-a| ', 'green: no killed plugin has left a process'],
    ['a-b| ', 'yellow: 1 process of 1 killed run still alive'],
    ['-cab|', 'yellow: 4 processes of 2 killed runs still alive'],
    ['(bc|)', 'yellow: 4 processes of 2 killed runs still alive'],
  ])('counts %s', (source, text) => {
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
    'ends them when it should',
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
    'waits for the end, fails with it, and stops looking when it is unsubscribed',
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

describe('guarded', () => {
  const good = green('x', 'x', 'fine');

  it(
    'passes a check',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -g-(g|)', { g: good });
      const subs = '         ^--!   ';
      const expected = '     -g-(g|)';

      expectObservable(guarded('x', 'x', () => source)).toBe(expected, { g: good });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'is red where one breaks, and goes on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -g-#   ', { g: good }, new Error('boom'));
      const subs = '         ^--!   ';
      const expected = '     -g-(r|)';

      expectObservable(short(guarded('x', 'x', () => source))).toBe(expected, {
        g: 'green: fine',
        r: 'red: this could not be checked: boom',
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'is red where one cannot begin',
    marbles(({ expectObservable }) => {
      const broken = (): never => {
        throw new Error('boom');
      };

      expectObservable(short(guarded('x', 'x', broken))).toBe('(r|)', {
        r: 'red: this could not be checked: boom',
      });
    }),
  );

  it(
    'is let go',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -g--g-', { g: good });
      const unsub = '        --!   ';
      const subs = '         ^-!   ';
      const expected = '     -g----';

      expectObservable(
        guarded('x', 'x', () => source),
        unsub,
      ).toBe(expected, { g: good });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
