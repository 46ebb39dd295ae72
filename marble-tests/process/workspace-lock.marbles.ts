import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { concat, map, repeat, take } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootId, rootOf } from '../../src/process/process-tree.js';
import { BusyError, withWorkspaceLock } from '../../src/process/workspace-lock.js';
import { marbles } from '../support/marbles.js';

let workspace = '';
let lock = '';

beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'locked-'));
  lock = path.join(workspace, '.plexum-codex-session.lock');
});

afterEach(() => {
  rmSync(workspace, { recursive: true, force: true });
});

const isLocked = (): boolean => existsSync(lock);
/** What the lock of a process looks like. */
const lockOf = (pid: number, given = {}): string =>
  JSON.stringify({ boot: bootId(), pid, startTime: rootOf(pid, '').startTime, ...given });

/** Each value becomes `L` while the workspace is locked, `f` while it is free. */
const seen = map(() => (isLocked() ? 'L' : 'f'));

describe('locked', () => {
  it(
    'holds the workspace while the source lives',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--|');
      const subs = '         ^-----!';
      const expected = '     L--L--|';

      expectObservable(withWorkspaceLock(workspace, source).pipe(seen)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'holds the workspace of a source that was unsubscribed until that has settled',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ----------');
      const settled = cold('    ---|   ');
      const look = cold('    -a-a-a--a-');
      const unsub = '        ---!      ';
      const subs = '         ^--!      ';
      const settledSubs = '  ---^--!   ';
      const looked = '       -L-L-L--f-';

      expectObservable(withWorkspaceLock(workspace, source, settled), unsub).toBe('---');
      expectObservable(look.pipe(seen)).toBe(looked);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(settled.subscriptions).toBe(settledSubs);
    }),
  );

  it(
    'is free again for who follows the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|      ');
      const next = cold('       b--|   ');
      const subs = '         ^--!      ';
      const nextSubs = '     ---^--!   ';
      const expected = '     L--L--|   ';

      expectObservable(
        concat(withWorkspaceLock(workspace, source), withWorkspaceLock(workspace, next)).pipe(seen),
      ).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'passes a source that is empty',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --|');
      const subs = '         ^-!';
      const expected = '     --|';

      expectObservable(withWorkspaceLock(workspace, source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'holds the workspace for a source that never ends',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  ----');
      const subs = '         ^---';
      const expected = '     ----';

      expectObservable(withWorkspaceLock(workspace, source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(readFileSync(lock, 'utf8')).toBe(lockOf(process.pid));
    }),
  );

  it(
    'fails with the source, and lets go',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--#');
      const subs = '         ^--!';
      const expected = '     L--#';

      expectObservable(withWorkspaceLock(workspace, source).pipe(seen)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'keeps up with a burst',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  (abc|)');
      const subs = '         (^!)  ';
      const expected = '     (LLL|)';

      expectObservable(withWorkspaceLock(workspace, source).pipe(seen)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'lets go when it is unsubscribed, and passes no late value',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--c--|');
      const cancel = '       ----!     ';
      const subs = '         ^---!     ';
      const expected = '     L--L      ';

      expectObservable(withWorkspaceLock(workspace, source).pipe(seen), cancel).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'lets go when no more is wanted',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--c--|');
      const subs = '         ^--!      ';
      const expected = '     L--(L|)   ';

      expectObservable(withWorkspaceLock(workspace, source).pipe(seen, take(2))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'locks anew with every subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|   ');
      const subs = ['        ^--!   ', '        ---^--!'];
      const expected = '     L--L--|';

      expectObservable(withWorkspaceLock(workspace, source).pipe(seen, repeat(2))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('locked, when there is a lock', () => {
  it(
    'of a living process: it fails and does not subscribe',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      writeFileSync(lock, lockOf(process.ppid));
      const source = cold('  a--|');
      const subs: string[] = [];
      const expected = '     #   ';
      const busy = new BusyError(
        `another plugin (process ${process.ppid}) runs a turn in this workspace; try again when it has ended`,
      );

      expectObservable(withWorkspaceLock(workspace, source)).toBe(expected, {}, busy);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(readFileSync(lock, 'utf8')).toBe(lockOf(process.ppid));
    }),
  );

  it.each([
    ['a dead process', () => lockOf(2 ** 30)],
    ['a process whose id another one has by now', () => lockOf(process.ppid, { startTime: 1 })],
    ['a time before the machine was started', () => lockOf(process.ppid, { boot: 'earlier' })],
    ['nobody', () => ''],
    ['half a file', () => lockOf(process.ppid).slice(0, 20)],
    ['another kind of file', () => '{"pid":"1"}'],
  ])('of %s: it is taken over', (_, content) => {
    writeFileSync(lock, content());
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--|');
      const subs = '         ^--!';
      const expected = '     L--|';

      expectObservable(withWorkspaceLock(workspace, source).pipe(seen)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    })();
  });

  it(
    'where no file can be made: it goes on without',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|');
      const subs = '         ^--!';
      const expected = '     f--|';

      expectObservable(withWorkspaceLock(path.join(workspace, 'gone'), source).pipe(seen)).toBe(
        expected,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
