import { EMPTY, NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import {
  closeThread,
  unloadThread,
  unloadUnused,
} from '../../../src/codex/app-server/unload-thread.js';
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

describe('unloadUnused', () => {
  const ids = { t: 'T', u: 'U' };

  it.each([
    ['unloads a thread of an app-server that may run on', true, false],
    ['unloads a thread of a retired codex that closes it then', false, true],
  ])('%s', (_, keepsThreads, isRetired) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const unused = cold('  -t-u-|', ids);
      const subs = '         ^----!';
      const expected = '     -----|';
      const { server, requests } = fakeAppServer(NEVER);
      const threads = { unused$: unused, isRetired: () => isRetired };

      expectObservable(unloadUnused(threads, server, keepsThreads)).toBe(expected);
      expectSubscriptions(unused.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([
        ['thread/unsubscribe', { threadId: 'T' }],
        ['thread/unsubscribe', { threadId: 'U' }],
      ]);
    })();
  });

  it(
    'archives and unarchives a thread of a retired codex that would keep it, after 200 ms',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const unused = cold('    -t|             ', ids);
      const archive = cold('   --|             ');
      const subs = '           ^-!             ';
      const archiveSubs = '    - 200ms ^-!     ';
      const expected = '       - 200ms --|     ';
      const { server, asked } = fakeAppServer(NEVER, (method) =>
        method === 'thread/archive' ? archive : EMPTY,
      );
      const threads = { unused$: unused, isRetired: () => true };

      expectObservable(unloadUnused(threads, server, true)).toBe(expected);
      expectSubscriptions(unused.subscriptions).toBe(subs);
      expectSubscriptions(archive.subscriptions).toBe(archiveSubs);
      flush();
      expect(asked).toEqual(['thread/unsubscribe', 'thread/archive', 'thread/unarchive']);
    }),
  );

  it(
    'archives nothing when the app-server exits within 200 ms',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const unused = cold('    -t---', ids);
      const cancel = '         ^ 150ms !';
      const subs = '           ^ 150ms !';
      const { server, asked } = fakeAppServer(NEVER);
      const threads = { unused$: unused, isRetired: () => true };

      expectObservable(unloadUnused(threads, server, true), cancel).toBe('');
      expectSubscriptions(unused.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(['thread/unsubscribe']);
    }),
  );
});

describe('closeThread', () => {
  it(
    'unloads, archives and unarchives the thread, one after the other',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const unload = cold('    -|');
      const archive = cold('    -|');
      const subs = '           ^!';
      const archiveSubs = '    -^!';
      const expected = '       --|';
      const { server, asked } = fakeAppServer(NEVER, (method) =>
        method === 'thread/unsubscribe' ? unload : method === 'thread/archive' ? archive : EMPTY,
      );

      expectObservable(closeThread(server, 'T')).toBe(expected);
      expectSubscriptions(unload.subscriptions).toBe(subs);
      expectSubscriptions(archive.subscriptions).toBe(archiveSubs);
      flush();
      expect(asked).toEqual(['thread/unsubscribe', 'thread/archive', 'thread/unarchive']);
    }),
  );
});
