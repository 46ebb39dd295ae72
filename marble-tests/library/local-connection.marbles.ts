import {
  delay,
  ignoreElements,
  merge,
  mergeMap,
  of,
  switchMap,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Connection, localConnection } from '../../src/library/local-connection.js';
import type { LocalTool } from '../../src/library/local-tools.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const initialize = {
  jsonrpc: '2.0',
  id: 'initialize',
  method: 'initialize',
  params: expect.anything(),
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
const call = (id: number, name: string) => ({
  id,
  method: 'plexum/host/tool/execute',
  params: { agent_id: 'ada', name, arguments: { colour: 'teal' } },
});
const result = (id: number, text: string) => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text }] },
});

/** Frames of the plugin in lower case, frames of the host in upper case. */
const frames = {
  I: initialize,
  N: initialized,
  a: call(1, 'look_up'),
  b: call(2, 'wait'),
  c: call(3, 'fail'),
  n: call(4, 'none'),
  x: { method: 'notifications/cancelled', params: { requestId: 2 } },
  y: { method: 'notifications/cancelled', params: { requestId: 'other' } },
  l: { method: 'notifications/message', params: {} },
  A: result(1, 'teal'),
  B: result(2, 'late'),
  C: { jsonrpc: '2.0', id: 3, error: { code: -32000, message: 'Error: no such colour' } },
  D: { jsonrpc: '2.0', id: 4, error: { code: -32000, message: 'Error: there is no tool "none"' } },
};

const tools: readonly LocalTool[] = [
  { name: 'look_up', run: ({ colour }) => colour },
  { name: 'wait', run: () => of('late').pipe(delay(3)) },
  { name: 'fail', run: () => throwError(() => new Error('no such colour')) },
];

const sent = ({ sent$ }: Connection) => sent$;
const received = ({ received$ }: Connection) => received$;

describe('localConnection', () => {
  it(
    'emits the connection once, then initializes the plugin',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    ------|    ');
      const subs = '           ^-----!    ';
      const expected = '       c-----|    ';
      const host = '           (IN)-|     ';
      const connection$ = localConnection(() => plugin, []);

      expectObservable(connection$.pipe(switchMap(sent), takeUntil(timer(5)))).toBe(host, frames);
      expectObservable(connection$).toBe(expected, { c: expect.anything() });
      expectSubscriptions(plugin.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes the frames of the host with the plugin',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    ------|  ');
      const subs = '           ^-----!  ';
      const host = '           (IN)--|  ';
      const connection$ = localConnection(() => plugin, []);

      expectObservable(connection$.pipe(switchMap(sent))).toBe(host, frames);
      expectSubscriptions(plugin.subscriptions).toBe(subs);
    }),
  );

  it(
    'passes on the frames of the plugin, and completes with it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    --l--l--|  ', frames);
      const subs = '           ^-------!  ';
      const expected = '       --l--l--|  ';
      const connection$ = localConnection(() => plugin, []);

      expectObservable(connection$.pipe(switchMap(received))).toBe(expected, frames);
      expectSubscriptions(plugin.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the plugin',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    --l--#     ', frames);
      const subs = '           ^----!     ';
      const expected = '       --l--#     ';
      const connection$ = localConnection(() => plugin, []);

      expectObservable(connection$.pipe(switchMap(received))).toBe(expected, frames);
      expectSubscriptions(plugin.subscriptions).toBe(subs);
    }),
  );

  it(
    'answers the tool calls of the plugin when their tools have answered',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    ----b-a--c-n--', frames);
      const unsub = '          ^------------!';
      const subs = '           ^------------!';
      const expected = '       (IN)--AB-C-D--';
      const connection$ = localConnection(() => plugin, tools);

      expectObservable(connection$.pipe(switchMap(sent)), unsub).toBe(expected, frames);
      expectSubscriptions(plugin.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the tool of a call that the plugin cancels, and does not answer the call',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    -b-y-x-----   ', frames);
      const tool = cold('       -----r|      ', { r: 'late' });
      const toolSubs = '       -^---!        ';
      const unsub = '          ^---------!   ';
      const expected = '       (IN)-------   ';
      const connection$ = localConnection(() => plugin, [{ name: 'wait', run: () => tool }]);

      expectObservable(connection$.pipe(switchMap(sent)), unsub).toBe(expected, frames);
      expectSubscriptions(tool.subscriptions).toBe(toolSubs);
    }),
  );

  it(
    'sends the frames of the host to the plugin',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const host = cold('      -------l---   ', frames);
      const unsub = '          ^---------!   ';
      const subs = '           ^---------!   ';
      const expected = '       -(IN)---l--   ';
      const connection$ = localConnection((sent$) => sent$.pipe(delay(1)), []);
      const echo$ = connection$.pipe(
        switchMap(({ send, received$ }) =>
          merge(received$, host.pipe(tap(send), ignoreElements())),
        ),
      );

      expectObservable(echo$, unsub).toBe(expected, frames);
      expectSubscriptions(host.subscriptions).toBe(subs);
    }),
  );

  it(
    'shares one plugin, replays the connection, and ends the plugin with its last subscriber',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    -----------');
      const first = '          ^---!      ';
      const second = '         --^----!   ';
      const third = '          ---------^!';
      const subs = ['          ^------!   ', '         ---------^!'];
      const values = { c: expect.anything() };
      const connection$ = localConnection(() => plugin, []);

      expectObservable(connection$, first).toBe(' c----      ', values);
      expectObservable(connection$, second).toBe('--c--      ', values);
      expectObservable(connection$, third).toBe(' ---------c ', values);
      expectSubscriptions(plugin.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['a', 'b', 'c']);
    const connection$ = localConnection(() => source$, []);
    connection$.pipe(switchMap(received), take(2)).subscribe();

    expect(emitted).toEqual(['a', 'b']);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const plugin = cold('    --l--l--l--|  ', frames);
      const unsub = '          ^------!      ';
      const subs = '           ^------!      ';
      const expected = '       --l--l--      ';
      const connection$ = localConnection(() => plugin, []);
      const frame$ = connection$.pipe(
        mergeMap((connection) => of(connection)),
        switchMap(received),
        mergeMap((frame) => of(frame)),
      );

      expectObservable(frame$, unsub).toBe(expected, frames);
      expectSubscriptions(plugin.subscriptions).toBe(subs);
    }),
  );
});
