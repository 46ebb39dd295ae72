import { map, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { StoredThread } from '../../src/codex/thread-id.js';
import type { Ports } from '../../src/ports.js';
import { BusyError } from '../../src/process/lock-holder.js';
import { beginThread } from '../../src/turn/begin-thread.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const NONE: StoredThread = {};
const OLD: StoredThread = { threadId: '01a1fb58-5a98-7973-8b0a-074f22270974' };
const OTHER: StoredThread = { threadId: '01a1fb83-ff35-7422-9e00-a5a8974b6993' };
const meanwhile = new BusyError(
  'another plugin has begun a thread in this workspace meanwhile; try again, and the turn continues it',
);

/** A lock that counts how often it is released, and a workspace whose file holds `stored`. */
const workspace = (stored: StoredThread = NONE) => {
  let releases = 0;
  const ports: Pick<Ports, 'lockNewThread$' | 'readSession$'> = {
    lockNewThread$: () =>
      of(() => {
        releases += 1;
      }),
    readSession$: () => of(stored),
  };
  return { ports, releases: () => releases };
};

describe('beginThread', () => {
  it(
    'holds the lock while the source lives',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--|  ');
      const subs = '         ^-------!  ';
      const expected = '     --0--0--|  ';
      const later = '        ---------^ ';
      const { ports, releases } = workspace();
      const state = map(() => releases());

      expectObservable(beginThread('/w', undefined, ports, () => source).pipe(state)).toBe(
        expected,
        [0],
      );
      expectObservable(of('').pipe(state), later).toBe('---------(1|)', [0, 1]);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails while another process begins a thread, and subscribes to nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const busy = new BusyError('another plugin begins a thread');
      const lock = cold<() => void>('--#', {}, busy);
      const source = cold('            a|');
      const expected = '             --#';

      expectObservable(
        beginThread(
          '/w',
          undefined,
          { ...workspace().ports, lockNewThread$: () => lock },
          () => source,
        ),
      ).toBe(expected, {}, busy);
      expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );

  it.each([
    ['none', undefined, NONE],
    ['that which it replaces', OLD.threadId, OLD],
    ['none any more', OLD.threadId, NONE],
  ])('begins a thread when the workspace has %s', (_, replaced, stored) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a|');
      const subs = '         ^--!';
      const expected = '     --a|';
      const { ports } = workspace(stored);

      expectObservable(beginThread('/w', replaced, ports, () => source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it.each([
    ['a first', undefined],
    ['another', OLD.threadId],
  ])('fails and releases the lock when there is %s thread meanwhile', (_, replaced) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --a|');
      const expected = '     #   ';
      const { ports, releases } = workspace(OTHER);

      expectObservable(beginThread('/w', replaced, ports, () => source)).toBe(
        expected,
        {},
        meanwhile,
      );
      expectSubscriptions(source.subscriptions).toBe([]);
      flush();
      expect(releases()).toBe(1);
    })();
  });

  it(
    'fails with the source and releases the lock',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --#');
      const subs = '         ^-!';
      const expected = '     --#';
      const { ports, releases } = workspace();

      expectObservable(beginThread('/w', undefined, ports, () => source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(releases()).toBe(1);
    }),
  );

  it(
    'releases the lock when it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --a--b--|');
      const unsub = '        ---!     ';
      const subs = '         ^--!     ';
      const expected = '     --a-     ';
      const { ports, releases } = workspace();

      expectObservable(
        beginThread('/w', undefined, ports, () => source),
        unsub,
      ).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(releases()).toBe(1);
    }),
  );

  testUnsubscription('abc', { a: 'a', b: 'b', c: 'c' }, (source$) =>
    beginThread('/w', undefined, workspace().ports, () => source$),
  );
});
