import { mergeMap, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { exchange, RefusedError } from '../../src/library/exchange.js';
import type { Connection } from '../../src/library/local-connection.js';
import { turnEvents } from '../../src/testing/alphabet.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const request = { id: 7, method: 'plexum/provider/stream', params: { model_id: 'codex' } };
const eventOf = (id: number, event: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/plexum/provider/event',
  params: { request_id: id, event },
});
const refusal = { code: -32602, message: 'model_id: expected string', data: { kind: 'params' } };

/** Frames of the plugin; capitals are frames of the host. */
const frames = {
  m: eventOf(7, turnEvents.M),
  t: eventOf(7, turnEvents.t),
  o: eventOf(8, turnEvents.t),
  i: eventOf(7, { type: 'later_event' }),
  r: { jsonrpc: '2.0', id: 7, result: { ok: true } },
  s: { jsonrpc: '2.0', id: 8, result: { ok: true } },
  x: { jsonrpc: '2.0', id: 7, error: refusal },
  y: { jsonrpc: '2.0', id: 8, error: refusal },
  l: { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: {} } },
  R: { jsonrpc: '2.0', ...request },
  C: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } },
};
const replies = {
  m: { event: turnEvents.M },
  t: { event: turnEvents.t },
  r: { result: { ok: true } },
};
const refused = new RefusedError(refusal);

/** A connection whose `sent$` emits each frame at the moment of its `send`. */
const connectionTo = (received$: Connection['received$']) => {
  const sent$ = new Subject<unknown>();
  return { received$, sent$, send: (frame: unknown): void => sent$.next(frame) };
};

describe('exchange', () => {
  it(
    'sends the request on subscribe, and emits its events and its result as they arrive',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  ---m--t--t-r--|', frames);
      const subs = '          ^-------------!';
      const sent = '          R--------------';
      const expected = '      ---m--t--t-r--|';
      const connection = connectionTo(received);

      expectObservable(connection.sent$).toBe(sent, frames);
      expectObservable(exchange(connection, request)).toBe(expected, replies);
      expectSubscriptions(received.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores other frames, responses to other requests, and events of an unknown type',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  -o-s-y-l-i-m-(r|)', frames);
      const subs = '          ^------------!   ';
      const sent = '          R----------------';
      const expected = '      -----------m-(r|)';
      const connection = connectionTo(received);

      expectObservable(connection.sent$).toBe(sent, frames);
      expectObservable(exchange(connection, request)).toBe(expected, replies);
      expectSubscriptions(received.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the error of the plugin, and does not cancel the refused request',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  ---m--x--t-----', frames);
      const subs = '          ^-----!        ';
      const sent = '          R--------------';
      const expected = '      ---m--#        ';
      const connection = connectionTo(received);

      expectObservable(connection.sent$).toBe(sent, frames);
      expectObservable(exchange(connection, request)).toBe(expected, replies, refused);
      expectSubscriptions(received.subscriptions).toBe(subs);
    }),
  );

  it(
    'cancels the request when unsubscribed before the response',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  ---m--t--t-r--|', frames);
      const unsub = '         -------!       ';
      const subs = '          ^------!       ';
      const sent = '          R------C-------';
      const expected = '      ---m--t-       ';
      const connection = connectionTo(received);

      expectObservable(connection.sent$).toBe(sent, frames);
      expectObservable(exchange(connection, request), unsub).toBe(expected, replies);
      expectSubscriptions(received.subscriptions).toBe(subs);
    }),
  );

  it(
    'cancels nothing when unsubscribed after the response',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  ---m--r-------', frames);
      const unsub = '         ---------!    ';
      const subs = '          ^--------!    ';
      const sent = '          R-------------';
      const expected = '      ---m--r---    ';
      const connection = connectionTo(received);

      expectObservable(connection.sent$).toBe(sent, frames);
      expectObservable(exchange(connection, request), unsub).toBe(expected, replies);
      expectSubscriptions(received.subscriptions).toBe(subs);
    }),
  );

  it(
    'cancels the request when the connection ends without a response',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  ---m--|', frames);
      const broken = hot('    ---m--#', frames);
      const subs = '          ^-----!';
      const sent = '          R-----C';
      const completed = '     ---m--|';
      const failed = '        ---m--#';
      const [first, second] = [connectionTo(received), connectionTo(broken)];

      expectObservable(first.sent$).toBe(sent, frames);
      expectObservable(second.sent$).toBe(sent, frames);
      expectObservable(exchange(first, request)).toBe(completed, replies);
      expectObservable(exchange(second, request)).toBe(failed, replies);
      expectSubscriptions(received.subscriptions).toBe(subs);
      expectSubscriptions(broken.subscriptions).toBe(subs);
    }),
  );

  it(
    'sends the request and its cancel once for each subscription',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  -----------t-', frames);
      const first = '         --!          ';
      const second = '        ------^------';
      const subs = ['         ^-!          ', '        ------^------'];
      const sent = '          R-C---R------';
      const expected = '      -----------t-';
      const connection = connectionTo(received);
      const reply$ = exchange(connection, request);

      expectObservable(connection.sent$).toBe(sent, frames);
      expectObservable(reply$, first).toBe('---');
      expectObservable(reply$, second).toBe(expected, replies);
      expectSubscriptions(received.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous<unknown>([frames.m, frames.t, frames.r]);
    exchange(connectionTo(source$), request).pipe(take(2)).subscribe();

    expect(emitted).toEqual([frames.m, frames.t]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const received = hot('  ---m--t--t-r--|', frames);
      const unsub = '         -------!       ';
      const subs = '          ^------!       ';
      const sent = '          R------C-------';
      const expected = '      ---m--t-       ';
      const connection = connectionTo(received);
      const reply$ = of(request).pipe(
        mergeMap((each) => exchange(connection, each)),
        mergeMap((reply) => of(reply)),
      );

      expectObservable(connection.sent$).toBe(sent, frames);
      expectObservable(reply$, unsub).toBe(expected, replies);
      expectSubscriptions(received.subscriptions).toBe(subs);
    }),
  );
});
