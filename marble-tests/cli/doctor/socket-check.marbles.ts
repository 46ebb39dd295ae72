import { map, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../../src/cli/doctor/check.js';
import { checkSockets } from '../../../src/cli/doctor/socket-check.js';
import { marbles } from '../../support/marbles.js';

const short = (check$: Observable<Check>) =>
  check$.pipe(map(({ state, detail }) => `${state}: ${detail}`));
const like = (text: string): unknown => expect.stringContaining(text);

describe('checkSockets', () => {
  it(
    'is green once a socket listens, and unsubscribes from it',
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
  ] as const)(
    'reports a socket that cannot be created for the bridge %s as %s',
    (bridge, state) => {
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const listen = cold('--#   ', {}, new Error('its path is too long'));
        const subs = '       ^-!   ';
        const expected = '   --(c|)';

        expectObservable(short(checkSockets(bridge, listen))).toBe(expected, {
          c: like(`${state}: its path is too long`),
        });
        expectSubscriptions(listen.subscriptions).toBe(subs);
      })();
    },
  );

  it(
    'waits for the socket and unsubscribes from it when unsubscribed',
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
    'listens on a new socket for every subscriber',
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
