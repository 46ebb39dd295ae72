import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { unloadThread } from '../../../src/codex/app-server/unload-thread.js';
import { fakeAppServer } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

const answers = { r: {} };

describe('unloadThread', () => {
  it.each([
    ['codex answers', '--(r|)', '^-!   ', '--|   '],
    ['codex refuses', '--#', '^-!', '--|'],
    ['the request completes without an answer', '--|', '^-!', '--|'],
    ['codex answers at once', '(r|)', '(^!)', '|'],
  ])('completes when %s', (_, answer, subs, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(answer, answers, new AppServerError('thread not found'));
      const { server, requests } = fakeAppServer(NEVER, () => source);

      expectObservable(unloadThread(server, 'T')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([['thread/unsubscribe', { threadId: 'T' }]]);
    })();
  });

  it(
    'waits for the answer, and drops it when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -----r', answers);
      const cancel = '       ---!  ';
      const subs = '         ^--!  ';
      const expected = '     ------';
      const { server } = fakeAppServer(NEVER, () => source);

      expectObservable(unloadThread(server, 'T'), cancel).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
