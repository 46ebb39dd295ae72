import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { concat, defer, finalize, map, mergeMap, of, repeat, take } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackgroundWork } from '../../src/process/background-work.js';
import { BusyError } from '../../src/process/lock-holder.js';
import { ownProcess } from '../../src/process/process-identity.js';
import { rootOf } from '../../src/process/process-tree.js';
import { lockNewThread, withWorkspaceLock } from '../../src/process/workspace-lock.js';
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
/** The lock of a process. */
const lockOf = (pid: number, given = {}): string =>
  JSON.stringify({ ...ownProcess(), pid, startTime: rootOf(pid, '').startTime, ...given });

/** Maps every value to `L` while the workspace is locked, to `f` while it is not. */
const state = map(() => (isLocked() ? 'L' : 'f'));

describe('withWorkspaceLock', () => {
  it(
    'locks the workspace while the source lives',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--|');
      const subs = '         ^-----!';
      const expected = '     L--L--|';

      expectObservable(withWorkspaceLock(workspace, source).pipe(state)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'releases the lock of an unsubscribed source when its background work has drained',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const source = cold('  ----------');
      const work = cold('       ---|   ');
      const probe = cold('   -a-a-a--a-');
      const unsub = '        ---!      ';
      const subs = '         ^--!      ';
      const workSubs = '     ---^--!   ';
      const expected = '     ----      ';
      const states = '       -L-L-L--f-';
      const ends$ = source.pipe(finalize(() => background.runInBackground(workspace)(work)));

      expectObservable(withWorkspaceLock(workspace, ends$, background), unsub).toBe(expected);
      expectObservable(probe.pipe(state)).toBe(states);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'makes the background work of the workspace include the release of the lock',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const source = cold('  ----------');
      const work = cold('       ---|   ');
      const subs = '         ^--!      ';
      const workSubs = '     ---^--!   ';
      const unsub = '        ---!      ';
      const later = '        ----^     ';
      const drained = '      ------(f|)';
      const ends$ = source.pipe(finalize(() => background.runInBackground(workspace)(work)));

      expectObservable(withWorkspaceLock(workspace, ends$, background), unsub).toBe('----');
      expectObservable(concat(background.drained$(workspace), of('')).pipe(state), later).toBe(
        drained,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'releases the lock before it completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|      ');
      const next = cold('       b--|   ');
      const subs = '         ^--!      ';
      const nextSubs = '     ---^--!   ';
      const expected = '     L--L--|   ';

      expectObservable(
        concat(withWorkspaceLock(workspace, source), withWorkspaceLock(workspace, next)).pipe(
          state,
        ),
      ).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'completes with a source that is empty',
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
    'locks the workspace as long as the source does not end',
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
    'fails with the source and releases the lock',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--#');
      const subs = '         ^--!';
      const expected = '     L--#';

      expectObservable(withWorkspaceLock(workspace, source).pipe(state)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'emits a synchronous burst in order',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  (abc|)');
      const subs = '         (^!)  ';
      const expected = '     (LLL|)';

      expectObservable(withWorkspaceLock(workspace, source).pipe(state)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'releases the lock when it is unsubscribed, and emits no later value',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--c--|');
      const cancel = '       ----!     ';
      const subs = '         ^---!     ';
      const expected = '     L--L      ';

      expectObservable(withWorkspaceLock(workspace, source).pipe(state), cancel).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'releases the lock when a later operator completes',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--c--|');
      const subs = '         ^--!      ';
      const expected = '     L--(L|)   ';

      expectObservable(withWorkspaceLock(workspace, source).pipe(state, take(2))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it(
    'locks for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|   ');
      const subs = ['        ^--!   ', '        ---^--!'];
      const expected = '     L--L--|';

      expectObservable(withWorkspaceLock(workspace, source).pipe(state, repeat(2))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--c--|');
      const unsub = '        ----!     ';
      const subs = '         ^---!     ';
      const expected = '     L--L      ';
      const result$ = withWorkspaceLock(
        workspace,
        source.pipe(mergeMap((value) => of(value))),
      ).pipe(
        state,
        mergeMap((value) => of(value)),
      );

      expectObservable(result$, unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const subscribed: string[] = [];
    const value = (name: string) =>
      defer(() => {
        subscribed.push(name);
        return of(name);
      });
    const source$ = concat(value('a'), value('b'), value('c'));

    withWorkspaceLock(workspace, source$).pipe(take(2)).subscribe();

    expect(subscribed).toEqual(['a', 'b']);
    expect(isLocked()).toBe(false);
  });
});

describe('lockNewThread', () => {
  const file = (): string => path.join(workspace, '.plexum-codex-session.new.lock');
  const states = map((release: () => void) => {
    const before = existsSync(file());
    release();
    return `${before} ${existsSync(file())}`;
  });

  it(
    'emits what releases the lock',
    marbles(({ expectObservable }) => {
      const values = { l: 'true false' };

      expectObservable(lockNewThread(workspace).pipe(states)).toBe('(l|)', values);
    }),
  );

  it(
    'fails while another process begins a thread',
    marbles(({ expectObservable }) => {
      writeFileSync(file(), lockOf(process.ppid));
      const busy = new BusyError(
        `another plugin (process ${process.ppid}) begins a thread in this workspace; try again when it has ended`,
      );

      expectObservable(lockNewThread(workspace)).toBe('#', {}, busy);
    }),
  );

  it(
    'locks nothing while this process has the lock for another turn',
    marbles(({ expectObservable }) => {
      writeFileSync(file(), JSON.stringify(ownProcess()));

      expectObservable(lockNewThread(workspace).pipe(states)).toBe('(l|)', { l: 'true true' });
    }),
  );

  it(
    'takes over the lock of a process that is gone',
    marbles(({ expectObservable }) => {
      writeFileSync(file(), lockOf(2 ** 30));

      expectObservable(lockNewThread(workspace).pipe(states)).toBe('(l|)', { l: 'true false' });
    }),
  );

  it.each([
    ['blocks', 500, '#'],
    ['blocks no more', 700, '(l|)'],
  ])('a killed container %s a workspace after %d s', (_, seconds, expected) => {
    marbles(({ expectObservable }) => {
      writeFileSync(file(), lockOf(2 ** 30, { pidNamespace: 'pid:[1]' }));
      const written = Date.now() / 1000 - seconds;
      utimesSync(file(), written, written);

      expectObservable(lockNewThread(workspace).pipe(states)).toBe(
        expected,
        { l: 'true false' },
        expect.objectContaining({ name: 'BusyError' }),
      );
    })();
  });

  it.each<[string, (folder: string, link: string) => void]>([
    [
      'was moved',
      (folder) => {
        renameSync(folder, path.join(workspace, 'moved'));
      },
    ],
    [
      'is behind a link that leads elsewhere',
      (folder, link) => {
        renameSync(folder, path.join(workspace, 'moved'));
        mkdirSync(folder);
        rmSync(link);
        symlinkSync(folder, link);
      },
    ],
  ])('releases the lock of a folder that %s', (_, change) => {
    marbles(({ expectObservable, flush }) => {
      const folder = path.join(workspace, 'folder');
      const link = path.join(workspace, 'link');
      mkdirSync(folder);
      symlinkSync(folder, link);
      const released = map((release: () => void) => {
        change(folder, link);
        const before = readdirSync(path.join(workspace, 'moved'));
        release();
        release();
        return before;
      });

      expectObservable(lockNewThread(link).pipe(released)).toBe('(l|)', {
        l: ['.plexum-codex-session.new.lock'],
      });
      flush();
      expect(readdirSync(path.join(workspace, 'moved'))).toEqual([]);
    })();
  });

  it(
    'names the file by the path of the workspace',
    marbles(({ expectObservable }) => {
      writeFileSync(file(), lockOf(2 ** 30, { pidNamespace: 'pid:[1]' }));
      const busy = expect.objectContaining({
        name: 'BusyError',
        message: expect.stringContaining(`and remove ${file()} if there is no such plugin`),
      });

      expectObservable(lockNewThread(workspace)).toBe('#', {}, busy);
    }),
  );

  it(
    'locks nothing where no file can be created, nor against a turn that runs',
    marbles(({ expectObservable }) => {
      writeFileSync(lock, lockOf(process.ppid));
      const gone = path.join(workspace, 'gone');

      expectObservable(lockNewThread(gone).pipe(states)).toBe('(l|)', { l: 'false false' });
      expectObservable(lockNewThread(workspace).pipe(states)).toBe('(l|)', { l: 'true false' });
    }),
  );
});

describe('withWorkspaceLock over an existing lock', () => {
  it(
    'fails and does not subscribe while the owner is running',
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
    ['a process that has exited', () => lockOf(2 ** 30)],
    ['a process whose pid was reused', () => lockOf(process.ppid, { startTime: 1 })],
    ['an earlier boot', () => lockOf(process.ppid, { boot: 'earlier' })],
    ['an empty file', () => ''],
    ['a truncated file', () => lockOf(process.ppid).slice(0, 20)],
    ['a file of another kind', () => '{"pid":"1"}'],
  ])('takes over the lock of %s', (_, content) => {
    writeFileSync(lock, content());
    const written = Date.now() / 1000 - 4;
    utimesSync(lock, written, written);
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--|');
      const subs = '         ^--!';
      const expected = '     L--|';

      expectObservable(withWorkspaceLock(workspace, source).pipe(state)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(isLocked()).toBe(false);
    })();
  });

  it(
    'runs the source without a lock where no file can be created',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|');
      const subs = '         ^--!';
      const expected = '     f--|';

      expectObservable(withWorkspaceLock(path.join(workspace, 'gone'), source).pipe(state)).toBe(
        expected,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
