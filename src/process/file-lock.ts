import {
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { defer, type Observable, of, retry, timer } from 'rxjs';
import { codeOf } from '../text/explain.js';
import { BusyError, busyError, type Holder, lockText, ownerIn, UNREADABLE } from './lock-holder.js';
import { isAlive, isElsewhere, ownProcess } from './process-identity.js';
import { createTemporary } from './temporary-file.js';

/** Milliseconds between two tries to take a lock that is held. */
const TRY_MS = 10;

export interface LockOptions {
  /** What the owner of the lock does, for people: "runs a turn in this workspace". */
  readonly does: string;
  /** Milliseconds to wait for a living owner. */
  readonly waitMs: number;
  /**
   * Milliseconds after which a lock of another container counts as that of a process that is gone;
   * by default it never does.
   */
  readonly unseenMs?: number;
}

/**
 * Takes the lock of this file name, for one of all processes.
 *
 * Emits the function that releases it once, and completes: at once when the lock is free or its
 * owner is gone. While its owner is running, tries every 10 ms, and fails with `BusyError` after
 * `waitMs`; a lock that cannot be read counts as that of a running owner. Fails with the error of
 * the system when no file can be created. Unsubscribe stops the tries; a lock that was emitted has
 * to be released, which may be done twice.
 */
export const takeLock = (
  file: string,
  { does, waitMs, unseenMs = Infinity }: LockOptions,
): Observable<() => void> =>
  defer(() => {
    const own = JSON.stringify(ownProcess());
    const holder = tryLock(file, own, unseenMs);
    if (holder !== undefined) throw busyError(holder, does, file);
    let isHeld = true;
    return of(() => {
      if (isHeld) releaseLock(file, own);
      isHeld = false;
    });
  }).pipe(
    retry({
      delay: (error: unknown, count) => {
        if (error instanceof BusyError && count * TRY_MS <= waitMs) return timer(TRY_MS);
        throw error;
      },
    }),
  );

/** Whether this process holds the lock of this file name. */
export const holdsLock = (file: string): boolean => lockText(file) === JSON.stringify(ownProcess());

/**
 * Takes the lock and returns nothing, or returns its holder.
 *
 * A link creates the file complete and only once. A dead lock is removed only by the process that
 * holds the lock `.claim` beside it, and only if it still is the lock that was found dead: its
 * owner cannot release it, and nobody else may remove it, so no living lock is ever removed.
 */
const tryLock = (file: string, own: string, unseenMs: number): Holder | undefined => {
  if (createLock(file, own)) return undefined;
  const found = lockText(file);
  if (found === UNREADABLE) return { isUnreadable: true };
  const owner = ownerIn(found);
  const isUnseen = owner !== undefined && isElsewhere(owner) && ageOf(file) > unseenMs;
  if (owner !== undefined && isAlive(owner) && !isUnseen) return { owner };
  // It was released meanwhile.
  if (found === undefined) return createOrName(file, own);
  const claim = `${file}.claim`;
  const claimant = tryLock(claim, own, unseenMs);
  if (claimant !== undefined) return claimant;
  try {
    if (lockText(file) === found) rmSync(file);
    return createOrName(file, own);
  } finally {
    releaseLock(claim, own);
  }
};

/** Milliseconds since the file was written; 0 for one that is gone. */
const ageOf = (file: string): number =>
  Date.now() - (lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());

/** Creates the lock and returns nothing, or returns its holder. */
const createOrName = (file: string, own: string): Holder | undefined =>
  createLock(file, own) ? undefined : { owner: ownerIn(lockText(file)) };

/** Creates the lock of this process, completely or not at all. False when there is a lock. */
const createLock = (file: string, own: string): boolean => {
  const { name, descriptor } = createTemporary(file);
  try {
    writeFileSync(descriptor, own);
    linkOrCopy(name, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    closeSync(descriptor);
    rmSync(name, { force: true });
  }
};

const linkOrCopy = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    // A file system without links.
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
};

/** Removes the lock if it is that of this process. */
const releaseLock = (file: string, own: string): void => {
  try {
    const text = lockText(file);
    // Without a free descriptor it is unreadable; nobody replaces the lock of a living process.
    if (text === own || text === UNREADABLE) rmSync(file, { force: true });
  } catch {
    // The folder is gone or read-only: the lock is dead once this process is.
  }
};
