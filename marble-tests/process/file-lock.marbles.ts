import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { map, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/process/file-lock.js';
import { BusyError, LockError } from '../../src/process/lock-holder.js';
import { ownProcess } from '../../src/process/process-identity.js';
import { rootOf } from '../../src/process/process-tree.js';
import { marbles } from '../support/marbles.js';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  file = path.join(folder, 'a.lock');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const options = { does: 'changes this thread', waitMs: 2_000 };
/** The lock of a process, by default of one that is running. */
const lockOf = (pid = process.ppid, given = {}): string =>
  JSON.stringify({ ...ownProcess(), pid, startTime: rootOf(pid, '').startTime, ...given });
const busy = new BusyError(
  `another plugin (process ${process.ppid}) changes this thread; try again when it has ended`,
);
/** Takes the lock; the functions that release it, or nothing when it is held. */
const taking = (): (() => void)[] => {
  const releases: (() => void)[] = [];
  takeLock(file, options).subscribe({
    next: (release) => releases.push(release),
    error: (error: unknown) => {
      throw error;
    },
  });
  return releases;
};
const taken = map(() => 'l');

describe('takeLock', () => {
  it(
    'fails when the owner is still running after 2 s, and not earlier',
    marbles(({ expectObservable, flush }) => {
      writeFileSync(file, lockOf());
      const expected = ' 2000ms #';

      expectObservable(takeLock(file, options)).toBe(expected, {}, busy);
      flush();
      expect(readFileSync(file, 'utf8')).toBe(lockOf());
      expect(readdirSync(folder)).toEqual(['a.lock']);
    }),
  );

  it('releases the lock of its own call only', () => {
    const [release] = taking();
    release?.();
    taking();
    release?.();

    expect(readFileSync(file, 'utf8')).toBe(JSON.stringify(ownProcess()));
  });

  it(
    'emits at the first try after the release by its owner',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      writeFileSync(file, lockOf());
      const release = cold(' 15ms r|     ');
      const subs = '         ^ 14ms -!    ';
      const expected = '     20ms (l|)   ';

      expectObservable(release.pipe(tap(() => rmSync(file)))).toBe('15ms r|');
      expectObservable(takeLock(file, options).pipe(taken)).toBe(expected);
      expectSubscriptions(release.subscriptions).toBe(subs);
    }),
  );

  it(
    'stops the tries when it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      writeFileSync(file, lockOf());
      const release = cold(' 15ms r|   ');
      const subs = '         ^ 14ms -!    ';
      const unsub = '        18ms !    ';

      expectObservable(release.pipe(tap(() => rmSync(file)))).toBe('15ms r|');
      expectObservable(takeLock(file, options), unsub).toBe('');
      expectSubscriptions(release.subscriptions).toBe(subs);
      flush();
      expect(readdirSync(folder)).toEqual([]);
    }),
  );

  it(
    'fails at once without a time to wait',
    marbles(({ expectObservable }) => {
      writeFileSync(file, lockOf());

      expectObservable(takeLock(file, { ...options, waitMs: 0 })).toBe('#', {}, busy);
    }),
  );

  it(
    'counts an owner in another pid namespace as running, and tells which file to remove',
    marbles(({ expectObservable, flush }) => {
      const elsewhere = lockOf(2 ** 30, { pidNamespace: 'pid:[1]' });
      writeFileSync(file, elsewhere);
      const error = new BusyError(
        `another plugin (process ${2 ** 30} of another container) changes this thread; try again when it has ended, and remove ${file} if there is no such plugin`,
      );

      expectObservable(takeLock(file, options)).toBe('2000ms #', {}, error);
      flush();
      expect(readFileSync(file, 'utf8')).toBe(elsewhere);
    }),
  );

  it.each([
    ['takes over a lock of another container that is older than unseenMs', 61, 60_000, '(l|)'],
    ['waits for a lock of another container that is younger', 30, 60_000, '2000ms #'],
    ['waits for a lock of another container however old it is', 1e6, undefined, '2000ms #'],
  ])('%s', (_, seconds, unseenMs, expected) => {
    marbles(({ expectObservable }) => {
      writeFileSync(file, lockOf(2 ** 30, { pidNamespace: 'pid:[1]' }));
      const written = Date.now() / 1000 - seconds;
      utimesSync(file, written, written);
      const given = unseenMs === undefined ? options : { ...options, unseenMs };

      expectObservable(takeLock(file, given).pipe(taken)).toBe(
        expected,
        { l: 'l' },
        expect.objectContaining({ name: 'BusyError' }),
      );
    })();
  });

  it('takes over no lock of a running process of its own container for its age', () => {
    marbles(({ expectObservable }) => {
      writeFileSync(file, lockOf());
      utimesSync(file, 1, 1);

      expectObservable(takeLock(file, { ...options, unseenMs: 1 })).toBe('2000ms #', {}, busy);
    })();
  });

  it(
    'creates a complete lock where the file system has no links',
    marbles(({ expectObservable, flush }) => {
      const link = () => {
        throw Object.assign(new Error('no links'), { code: 'EPERM' });
      };

      expectObservable(takeLock(file, { ...options, link }).pipe(taken)).toBe('(l|)');
      expectObservable(takeLock(file, { ...options, link, waitMs: 0 })).toBe(
        '#',
        {},
        expect.objectContaining({ name: 'BusyError' }),
      );
      flush();
      expect(readFileSync(file, 'utf8')).toBe(JSON.stringify(ownProcess()));
      expect(readdirSync(folder)).toEqual(['a.lock']);
    }),
  );

  it.each([
    ['waits for an empty lock, which may still be written where there are no links', 0, '#'],
    ['waits for an empty lock where times are of even seconds, as on FAT', 2, '#'],
    ['takes over an empty lock that nobody has written for 3 s', 4, '(l|)'],
    ['takes over an empty lock of a clock that was ahead', -3_600, '(l|)'],
  ])('%s', (_, seconds, expected) => {
    marbles(({ expectObservable }) => {
      writeFileSync(file, '');
      const written = Date.now() / 1000 - seconds;
      utimesSync(file, written, written);
      const error = new BusyError(
        'another plugin (process unknown) changes this thread; try again when it has ended',
      );

      expectObservable(takeLock(file, { ...options, waitMs: 0 }).pipe(taken)).toBe(
        expected,
        { l: 'l' },
        error,
      );
    })();
  });

  it(
    'counts an owner that does not know its boot and its namespace as running',
    marbles(({ expectObservable, flush }) => {
      const unknown = lockOf(2 ** 30, { boot: '', pidNamespace: '' });
      writeFileSync(file, unknown);
      const error = expect.objectContaining({
        name: 'BusyError',
        message: expect.stringContaining(`and remove ${file} if there is no such plugin`),
      });

      expectObservable(takeLock(file, options)).toBe('2000ms #', {}, error);
      flush();
      expect(readFileSync(file, 'utf8')).toBe(unknown);
    }),
  );

  it.each([
    ['of another pid namespace in an earlier boot', { pidNamespace: 'pid:[1]', boot: 'earlier' }],
    ['of an older plugin, without a namespace', { pidNamespace: undefined }],
  ])('takes over the lock of a dead process %s', (_, given) => {
    writeFileSync(file, lockOf(2 ** 30, given));
    marbles(({ expectObservable, flush }) => {
      expectObservable(takeLock(file, options).pipe(taken)).toBe('(l|)');
      flush();
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(ownProcess());
      expect(readdirSync(folder)).toEqual(['a.lock']);
    })();
  });

  it(
    'waits while another process takes the dead lock over',
    marbles(({ expectObservable, flush }) => {
      writeFileSync(file, lockOf(2 ** 30));
      writeFileSync(`${file}.claim`, lockOf());

      expectObservable(takeLock(file, options)).toBe('2000ms #', {}, busy);
      flush();
      expect(readFileSync(file, 'utf8')).toBe(lockOf(2 ** 30));
    }),
  );

  it('takes over the claim of a process that died while it took the lock over', () => {
    writeFileSync(file, lockOf(2 ** 30));
    writeFileSync(`${file}.claim`, lockOf(2 ** 30));
    const releases = taking();

    expect(readdirSync(folder)).toEqual(['a.lock']);
    for (const release of releases) release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not remove the lock of another process when it releases its own', () => {
    const releases = taking();
    writeFileSync(file, lockOf());
    for (const release of releases) release();
    expect(existsSync(file)).toBe(true);
  });

  it('removes the temporary files that a killed process left, also as it took over a dead lock', () => {
    const { pidNamespace } = ownProcess();
    const left = `${/\d+/.exec(pidNamespace)?.[0] ?? '0'}-${2 ** 30}.tmp`;
    for (const name of [file, `${file}.claim`]) writeFileSync(`${name}.${left}`, '');
    for (const release of taking()) release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['', '.claim'])('fails with LockError for a folder in its place: a.lock%s', (ending) => {
    writeFileSync(file, 'of nobody');
    rmSync(`${file}${ending}`, { force: true });
    mkdirSync(`${file}${ending}`);
    marbles(({ expectObservable, flush }) => {
      expectObservable(takeLock(file, options)).toBe(
        '#',
        {},
        new LockError(
          `${file}${ending} is a folder, and has to be a file of this plugin; remove it`,
        ),
      );
      flush();
    })();
    expect(readdirSync(folder)).toContain(`a.lock${ending}`);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('fails with the error of the system where no file can be created', () => {
    const errors: unknown[] = [];
    takeLock(path.join(folder, 'absent', 'a.lock'), options).subscribe({
      error: (error: unknown) => errors.push(error),
    });
    expect(errors).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
  });
});
