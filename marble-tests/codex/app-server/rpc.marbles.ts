import { catchError, NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  AppServerError,
  answerInTime,
  createRpc,
  UnansweredError,
} from '../../../src/codex/app-server/rpc.js';
import { always$ } from '../../../src/lines/readable.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const frames: Record<string, unknown> = {
  r: { id: 0, result: 'ok' },
  s: { id: 1, result: 'second' },
  e: { id: 0, error: { code: -32600, message: 'no rollout found' } },
  n: { method: 'turn/started', params: {} },
  q: { id: 0, method: 'item/tool/call', params: {} },
  '5': 5,
};
const values = { r: 'ok', s: 'second' };

describe('createRpc, request$', () => {
  it(
    'sends a request on subscribe, and emits the answer with its id',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const frame = hot('    -5-n-q-s-r-', frames);
      const subs = '         ^--------! ';
      const expected = '     ---------(r|)';
      const sent: unknown[] = [];
      const rpc = createRpc(frame, (one) => void sent.push(one), NEVER);

      expectObservable(rpc.request$('thread/start', { cwd: '/w' })).toBe(expected, values);
      expectSubscriptions(frame.subscriptions).toBe(subs);
      flush();
      expect(sent).toEqual([{ id: 0, method: 'thread/start', params: { cwd: '/w' } }]);
    }),
  );

  it(
    'gives each of two requests its own answer',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const frame = hot('    ---s--r-', frames);
      const subs = ['        ^-----! ', '        ^--!    '];
      const first = '        ------(r|)';
      const second = '       ---(s|)';
      const rpc = createRpc(frame, () => undefined, NEVER);

      expectObservable(rpc.request$('a', {})).toBe(first, values);
      expectObservable(rpc.request$('b', {})).toBe(second, values);
      expectSubscriptions(frame.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the message of the app-server when it refuses',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const frame = hot('    ---e-', frames);
      const subs = '         ^--! ';
      const expected = '     ---# ';
      const rpc = createRpc(frame, () => undefined, NEVER);

      expectObservable(rpc.request$('thread/resume', {})).toBe(
        expected,
        values,
        new AppServerError('no rollout found'),
      );
      expectSubscriptions(frame.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when the app-server exits',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const frame = hot('    ----------', frames);
      const gone = cold('    ---g------', { g: 'exited with code 1' });
      const subs = '         ^--!      ';
      const expected = '     ---#      ';
      const rpc = createRpc(frame, () => undefined, gone);

      expectObservable(rpc.request$('a', {})).toBe(
        expected,
        values,
        new AppServerError('exited with code 1'),
      );
      expectSubscriptions(frame.subscriptions).toBe(subs);
      expectSubscriptions(gone.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for the answer, and drops it when unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const frame = hot('    --s----r-', frames);
      const cancel = '       -----!   ';
      const subs = '         ^----!   ';
      const expected = '     ------   ';
      const rpc = createRpc(frame, () => undefined, NEVER);

      expectObservable(rpc.request$('a', {}), cancel).toBe(expected, values);
      expectSubscriptions(frame.subscriptions).toBe(subs);
    }),
  );

  it(
    'sends another request with each subscription',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const frame = hot('    ---r---s-', frames);
      const subs = ['        ^--!     ', '        ^------! '];
      const sent: unknown[] = [];
      const request$ = createRpc(frame, (one) => void sent.push(one), NEVER).request$('a', {});

      expectObservable(request$).toBe('---(r|)', values);
      expectObservable(request$).toBe('-------(s|)', values);
      expectSubscriptions(frame.subscriptions).toBe(subs);
      flush();
      expect(sent).toEqual([
        { id: 0, method: 'a', params: {} },
        { id: 1, method: 'a', params: {} },
      ]);
    }),
  );
});

describe('createRpc, request$, without an answer', () => {
  const error = expect.objectContaining({
    message: expect.stringMatching(/^codex app-server did not answer model\/list within 10000 ms/),
  });

  it(
    'fails 10 s after the request, and not the other requests',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const frame = hot('    ---- 9997ms s', frames);
      const first = '        10s #       ';
      const second = '       ---- 9997ms (s|)';
      const rpc = createRpc(frame, () => undefined, NEVER);

      expectObservable(rpc.request$('model/list', {})).toBe(first, values, error);
      expectObservable(rpc.request$('turn/start', {})).toBe(second, values);
      expectSubscriptions(frame.subscriptions).toBe(['^ 9999ms !', '^ 10000ms !']);
    }),
  );

  it(
    'does not fail while no answer is read, nor as a request that its caller watches',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const frame = hot('    ------', frames);
      const ready = cold('   f 20s t', { f: false, t: true });
      const cancel = '       25s !';
      const rpc = createRpc(frame, () => undefined, NEVER, ready);

      expectObservable(rpc.request$('model/list', {}), cancel).toBe('25s -');
      expectObservable(rpc.request$('turn/start', {}), cancel).toBe('25s -');
      expectObservable(rpc.request$('thread/inject_items', {}), cancel).toBe('25s -');
      expectSubscriptions(frame.subscriptions).toBe(['^ 24999ms !', '^ 24999ms !', '^ 24999ms !']);
      expectSubscriptions(ready.subscriptions).toBe('^ 24999ms !');
    }),
  );

  it('fails with UnansweredError', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const frame = hot('-');
      const rpc = createRpc(frame, () => undefined, NEVER);
      const isUnanswered = rpc
        .request$('model/list', {})
        .pipe(catchError((failed: unknown) => of(failed instanceof UnansweredError)));

      expectObservable(isUnanswered).toBe('10s (y|)', { y: true });
      expectSubscriptions(frame.subscriptions).toBe('^ 9999ms !');
    })();
  });
});

describe('createRpc, refusals$', () => {
  it(
    'refuses requests of the app-server, and emits nothing',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const frame = hot('    -r-n-q-5-', frames);
      const cancel = '       --------!';
      const subs = '         ^-------!';
      const expected = '     ---------';
      const sent: unknown[] = [];
      const rpc = createRpc(frame, (one) => void sent.push(one), NEVER);

      expectObservable(rpc.refusals$, cancel).toBe(expected);
      expectSubscriptions(frame.subscriptions).toBe(subs);
      flush();
      expect(sent).toEqual([
        { id: 0, error: { code: -32601, message: 'item/tool/call is not answered here' } },
      ]);
    }),
  );
});

describe('answerInTime', () => {
  testUnsubscription('rsr', values, answerInTime('turn/start', always$), { takesOne: true });
});
