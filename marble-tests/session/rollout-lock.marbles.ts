import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { concat, defer, EMPTY, map, NEVER, of, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastChange } from '../../src/codex/rollout/rollout-changes.js';
import { BusyError } from '../../src/process/lock-holder.js';
import { ownProcess } from '../../src/process/process-identity.js';
import { rootOf } from '../../src/process/process-tree.js';
import { patchFile } from '../../src/session/patch-file.js';
import { restoreRollout, withRolloutLock } from '../../src/session/rollout-lock.js';
import { journalOf } from '../../src/session/undo-journal.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const OLD = '{"a":"0123456789"}\n';
let home = '';
let rollout = '';
let lock = '';

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rollout-lock-'));
  mkdirSync(path.join(home, 'sessions'));
  rollout = path.join(home, 'sessions', 'rollout-t.jsonl');
  lock = path.join(home, '.plexum', 'rollout-t.jsonl.lock');
  writeFileSync(rollout, OLD);
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Leaves the rollout as a mutation that was killed, with the lock of a process. */
const interruptedBy = (pid: number): void => {
  const run = patchFile(rollout, [{ offset: 5, length: 13, text: Buffer.from('"-"}') }]);
  while (run.next().value !== 'patched');
  mkdirSync(path.dirname(lock), { recursive: true });
  writeFileSync(
    lock,
    JSON.stringify({ ...ownProcess(), pid, startTime: rootOf(pid, '').startTime }),
  );
};
const content = (): string => readFileSync(rollout, 'utf8');
const beside = (): string[] => readdirSync(path.dirname(rollout));
const busy = new BusyError(
  `another plugin (process ${process.ppid}) changes this thread; try again when it has ended`,
);

describe('withRolloutLock', () => {
  it(
    'locks the rollout while the source lives, in a folder beside the sessions',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  a--b--|');
      const subs = '         ^-----!';
      const expected = '     L--L--|';
      const locked = map(() => (readdirSync(path.dirname(lock)).length === 1 ? 'L' : 'f'));

      expectObservable(withRolloutLock(rollout, source).pipe(locked)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(readdirSync(path.dirname(lock))).toEqual([]);
      expect(beside()).toEqual(['rollout-t.jsonl']);
    }),
  );

  it(
    'does not undo the patch of a process that is running, and fails after 2 s',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      interruptedBy(process.ppid);
      const source = cold('  a--|');

      expectObservable(withRolloutLock(rollout, source)).toBe('2000ms #', {}, busy);
      expectSubscriptions(source.subscriptions).toBe([]);
      flush();
      expect(content()).not.toBe(OLD);
      expect(beside()).toHaveLength(2);
    }),
  );

  it(
    'undoes the patch of a process that died, and notes the change, before the source',
    marbles(({ expectObservable, flush }) => {
      interruptedBy(2 ** 30);
      const source$ = defer(() => of(content() === OLD && beside().length === 1 ? 'o' : 'x'));

      expectObservable(withRolloutLock(rollout, source$)).toBe('(o|)');
      expect(lastChange(rollout)).toBe(undefined);
      flush();
      expect(lastChange(rollout)).toMatch(/^[0-9a-f-]{36}$/);
    }),
  );

  it('releases the lock after the source is unsubscribed', () => {
    const order: string[] = [];
    const source$ = NEVER.pipe(
      tap({ unsubscribe: () => order.push(readdirSync(path.dirname(lock)).join()) }),
    );
    withRolloutLock(rollout, source$).subscribe().unsubscribe();
    expect(order).toEqual(['rollout-t.jsonl.lock']);
    expect(readdirSync(path.dirname(lock))).toEqual([]);
  });

  testUnsubscription('abc', { a: 'a', b: 'b', c: 'c' }, (source$) =>
    withRolloutLock(rollout, source$),
  );
});

describe('restoreRollout', () => {
  it(
    'completes at once and creates nothing when nobody changes the rollout',
    marbles(({ expectObservable, flush }) => {
      expectObservable(concat(restoreRollout(rollout), EMPTY)).toBe('|');
      flush();
      expect(existsSync(path.dirname(lock))).toBe(false);
    }),
  );

  it(
    'undoes a patch whose lock is gone',
    marbles(({ expectObservable, flush }) => {
      interruptedBy(process.ppid);
      rmSync(lock);

      expectObservable(restoreRollout(rollout)).toBe('|');
      flush();
      expect(content()).toBe(OLD);
    }),
  );

  it(
    'waits for a lock before the patch has begun',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      interruptedBy(process.ppid);
      rmSync(journalOf(rollout));
      const done = cold('  25ms d|     ');
      const subs = '      ^ 24ms -!    ';
      const expected = '   30ms |      ';

      expectObservable(done.pipe(tap(() => rmSync(lock)))).toBe('25ms d|');
      expectObservable(restoreRollout(rollout)).toBe(expected);
      expectSubscriptions(done.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a patch that another process is making',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      interruptedBy(process.ppid);
      const done = cold('  25ms d|     ');
      const subs = '      ^ 24ms -!    ';
      const expected = '   30ms |      ';
      const finish = tap(() => {
        rmSync(journalOf(rollout));
        rmSync(lock);
      });

      expectObservable(done.pipe(finish)).toBe('25ms d|');
      expectObservable(restoreRollout(rollout)).toBe(expected);
      expectSubscriptions(done.subscriptions).toBe(subs);
    }),
  );
});
