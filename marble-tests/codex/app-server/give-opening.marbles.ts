import { NEVER, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { giveOpening } from '../../../src/codex/app-server/give-opening.js';
import { AppServerError, UnansweredError } from '../../../src/codex/app-server/rpc.js';
import { fakeAppServer } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

const seed = { messages: [{ role: 'user', text: 'hello' }], leftOut: 0 } as const;
const values = { p: 'hi', r: {}, w: expect.stringMatching(/hello[^]*\n\nhi$/) };

describe('giveOpening', () => {
  it(
    'emits the prompt when codex has taken the items, in one request',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const answer = cold('  --r|  ', values);
      const subs = '         ^--!  ';
      const expected = '     --p|  ';
      const { server, requests } = fakeAppServer(NEVER, () => answer);

      expectObservable(giveOpening(server, 'T', { prompt: 'hi', seed })).toBe(expected, values);
      expectSubscriptions(answer.subscriptions).toBe(subs);
      flush();
      expect(requests).toMatchObject([
        ['thread/inject_items', { threadId: 'T', items: [{ role: 'user' }, { role: 'user' }] }],
      ]);
    }),
  );

  it(
    'emits the prompt at once, without a request, when there is nothing to give',
    marbles(({ expectObservable, flush }) => {
      const expected = '     (p|)';
      const { server, requests } = fakeAppServer(NEVER);

      expectObservable(giveOpening(server, 'T', { prompt: 'hi' })).toBe(expected, values);
      flush();
      expect(requests).toEqual([]);
    }),
  );

  it(
    'emits the earlier messages as text before the prompt when codex refuses the items',
    marbles(({ expectObservable }) => {
      const expected = '     (w|)';
      const refused = throwError(() => new AppServerError('unknown variant'));
      const { server } = fakeAppServer(NEVER, () => refused);

      expectObservable(giveOpening(server, 'T', { prompt: 'hi', seed })).toBe(expected, values);
    }),
  );

  it(
    'fails when codex does not answer',
    marbles(({ expectObservable }) => {
      const expected = '     #';
      const error = new UnansweredError('no answer');
      const { server } = fakeAppServer(NEVER, () => throwError(() => error));

      expectObservable(giveOpening(server, 'T', { prompt: 'hi', seed })).toBe(
        expected,
        values,
        error,
      );
    }),
  );
});
