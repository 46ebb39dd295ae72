import { describe, it } from 'vitest';
import { untilShutdown } from '../../src/server/until-shutdown.js';
import { marbles } from '../support/marbles.js';

describe('untilShutdown', () => {
  it(
    'completes once the server has ended and the host has read every frame',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const server = cold('    -a-----|   ');
      const serverSubs = '     ^------!   ';
      const end = hot('        ---e-------');
      const endSubs = ['       ^---------!', '^------!   '];
      const flushed = cold('          ---|');
      const flushedSubs = '    -------^--!';
      const expected = '       -a--------|';

      expectObservable(server.pipe(untilShutdown(end, flushed))).toBe(expected);
      expectSubscriptions(server.subscriptions).toBe(serverSubs);
      expectSubscriptions(end.subscriptions).toBe(endSubs);
      expectSubscriptions(flushed.subscriptions).toBe(flushedSubs);
    }),
  );

  it(
    'waits for a host that reads slowly as long as the process may live',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const server = cold('    -a---|               ');
      const serverSubs = '     ^----!               ';
      const end = hot('        ---e 1790ms --------');
      const flushed = cold('        1790ms --|      ');
      const flushedSubs = '    -----^ 1791ms !      ';
      const expected = '       -a--- 1790ms --|     ';

      expectObservable(server.pipe(untilShutdown(end, flushed))).toBe(expected);
      expectSubscriptions(server.subscriptions).toBe(serverSubs);
      expectSubscriptions(flushed.subscriptions).toBe(flushedSubs);
    }),
  );

  it(
    'completes 1.8 s after the plugin was asked to end although the host does not read',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const server = cold('    -a---|               ');
      const serverSubs = '     ^----!               ';
      const end = hot('        ---e 1799ms ---------');
      const flushed = cold('        -               ');
      const flushedSubs = '    -----^ 1797ms !      ';
      const expected = '       -a- 1800ms |         ';

      expectObservable(server.pipe(untilShutdown(end, flushed))).toBe(expected);
      expectSubscriptions(server.subscriptions).toBe(serverSubs);
      expectSubscriptions(flushed.subscriptions).toBe(flushedSubs);
    }),
  );

  it(
    'unsubscribes from a server that has not ended after 1.7 s, and has the last frames read',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const server = cold('    -a-------------------');
      const serverSubs = '     ^-- 1700ms !         ';
      const end = hot('        ---e 1799ms ---------');
      const flushed = cold('              --|       ');
      const flushedSubs = '    --- 1700ms ^-!       ';
      const expected = '       -a- 1700ms --|       ';

      expectObservable(server.pipe(untilShutdown(end, flushed))).toBe(expected);
      expectSubscriptions(server.subscriptions).toBe(serverSubs);
      expectSubscriptions(flushed.subscriptions).toBe(flushedSubs);
    }),
  );

  it(
    'fails with the server and reads nothing',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const server = cold('    -a-#');
      const end = hot('        ----');
      const endSubs = ['       ^--!', '^--!'];
      const flushed = cold('   ---|');
      const expected = '       -a-#';

      expectObservable(server.pipe(untilShutdown(end, flushed))).toBe(expected);
      expectSubscriptions(end.subscriptions).toBe(endSubs);
      expectSubscriptions(flushed.subscriptions).toBe([]);
    }),
  );

  it(
    'unsubscribes from the server when it is unsubscribed',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const server = cold('    -a------');
      const serverSubs = '     ^--!     ';
      const cancel = '         ---!     ';
      const end = hot('        ---------');
      const endSubs = ['       ^--!', '^--!'];
      const flushed = cold('   -|       ');
      const expected = '       -a-------';

      expectObservable(server.pipe(untilShutdown(end, flushed)), cancel).toBe(expected);
      expectSubscriptions(server.subscriptions).toBe(serverSubs);
      expectSubscriptions(end.subscriptions).toBe(endSubs);
      expectSubscriptions(flushed.subscriptions).toBe([]);
    }),
  );

  it(
    'keeps the unsubscription chain while the host reads',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const server = cold('    -a-|     ');
      const serverSubs = '     ^--!     ';
      const cancel = '         ------!  ';
      const end = hot('        ---------');
      const flushed = cold('      ------');
      const flushedSubs = '    ---^--!  ';
      const expected = '       -a-------';

      expectObservable(server.pipe(untilShutdown(end, flushed)), cancel).toBe(expected);
      expectSubscriptions(server.subscriptions).toBe(serverSubs);
      expectSubscriptions(flushed.subscriptions).toBe(flushedSubs);
    }),
  );
});
