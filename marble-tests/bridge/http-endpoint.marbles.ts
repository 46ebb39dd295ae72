import { map, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { httpEndpoint } from '../../src/bridge/http-endpoint.js';
import type { HttpListener } from '../../src/bridge/http-listener.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

/** A listener that reports the end of its paths. */
const setUp = () => {
  const end$ = new Subject<string>();
  const listener = (name: string): HttpListener => ({
    serve: () => ({
      url: `http://${name}`,
      close: () => {
        end$.next(name);
      },
    }),
  });
  return { end$, listeners: { a: listener('a'), b: listener('b'), c: listener('c') } };
};

describe('httpEndpoint', () => {
  testUnsubscription('abc', setUp().listeners, (listener$) => httpEndpoint([], listener$));

  it(
    'opens a path once the port is open, and ends it when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { end$, listeners } = setUp();
      const source = cold('  --a---', listeners);
      const unsub = '        ^----!';
      const subs = '         ^----!';
      const ended = '        -----a';
      const expected = '     --L---';
      const type$ = httpEndpoint([], source).pipe(map(({ type }) => type));

      expectObservable(end$).toBe(ended);
      expectObservable(type$, unsub).toBe(expected, { L: 'listening' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the port and ends its path',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { end$, listeners } = setUp();
      const source = cold('  --a--#', listeners, new Error('gone'));
      const subs = '         ^----!';
      const ended = '        -----a';
      const expected = '     --L--#';
      const type$ = httpEndpoint([], source).pipe(map(({ type }) => type));
      const failed = expect.objectContaining({ message: 'gone' });

      expectObservable(end$).toBe(ended);
      expectObservable(type$).toBe(expected, { L: 'listening' }, failed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
