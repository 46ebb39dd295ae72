import { describe, expect, it } from 'vitest';
import { initializeServer } from '../../../src/codex/app-server/initialize-server.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { marbles } from '../../support/marbles.js';

describe('initializeServer', () => {
  it(
    'emits the answer to initialize, and notifies initialized at that moment',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  ---(r|)');
      const subs = '         ^--!   ';
      const expected = '     ---(r|)';
      const requests: unknown[] = [];
      const notified: string[] = [];
      const request$ = (...request: unknown[]) => {
        requests.push(request);
        return source;
      };
      const notify = (method: string): void => void notified.push(method);

      expectObservable(initializeServer({ request$, notify }, '7')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(notified).toEqual(['initialized']);
      expect(requests).toEqual([
        [
          'initialize',
          {
            clientInfo: { name: 'plexum', title: 'Plexum', version: '7' },
            capabilities: { experimentalApi: true },
          },
        ],
      ]);
    }),
  );

  it.each([
    ['emits an answer after 19,999 ms', '19999ms (r|)', '^ 19998ms !', '19999ms (r|)'],
    ['fails after 20 s without an answer', '20001ms (r|)', '^ 19999ms !', '20000ms #'],
  ])('%s', (_, answer, subs, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(answer);
      const rpc = { request$: () => source, notify: () => undefined };

      expectObservable(initializeServer(rpc, '7')).toBe(
        expected,
        undefined,
        new AppServerError('codex app-server said nothing for 20000 ms'),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'fails when codex refuses, and notifies nothing',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --#', undefined, new AppServerError('Already initialized'));
      const subs = '         ^-!';
      const expected = '     --#';
      const notified: string[] = [];
      const notify = (method: string): void => void notified.push(method);

      expectObservable(initializeServer({ request$: () => source, notify }, '7')).toBe(
        expected,
        undefined,
        new AppServerError('Already initialized'),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(notified).toEqual([]);
    }),
  );

  it(
    'drops the answer when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -----r');
      const cancel = '       ---!  ';
      const subs = '         ^--!  ';
      const expected = '     ------';
      const notified: string[] = [];
      const notify = (method: string): void => void notified.push(method);

      expectObservable(initializeServer({ request$: () => source, notify }, '7'), cancel).toBe(
        expected,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(notified).toEqual([]);
    }),
  );

  it(
    'emits an answer that arrives at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (r|)');
      const subs = '         (^!)';
      const expected = '     (r|)';
      const rpc = { request$: () => source, notify: () => undefined };

      expectObservable(initializeServer(rpc, '7')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
