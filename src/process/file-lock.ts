import { type linkSync, lstatSync, rmSync } from 'node:fs';
import { defer, type Observable, of, retry, timer } from 'rxjs';
import { createLock, isBeingWritten } from './create-lock.js';
import {
  BusyError,
  busyError,
  type Holder,
  LockError,
  lockText,
  ownerIn,
  UNREADABLE,
} from './lock-holder.js';
import { isAlive, isElsewhere, ownProcess } from './process-identity.js';

/** Milliseconds between two tries to take a lock that is held. */
const TRY_MS = 10;

export interface LockOptions {
  /** What the owner of the lock does, for people: "runs a turn in this workspace". */
  readonly does: string;
  /** Milliseconds to wait for a living owner. */
  readonly waitMs: number;
  /**
   * Milliseconds after which a lock of another container, or one that cannot be read, counts as
   * that of a process that is gone; by default it never does.
   */
  readonly unseenMs?: number;
  /** Creates a link; that of the system by default. */
  readonly link?: typeof linkSync;
}

/**
 * Takes the lock of this file name, for one of all processes.
 *
 * Emits the function that releases it once, and completes: at once when the lock is free or its
 * owner is gone. While its owner is running, tries every 10 ms, and fails with `BusyError` after
 * `waitMs`; a lock that cannot be read counts as that of a running owner. Fails with `LockError`
 * for a folder in its place, and with the error of the system when no file can be created or
 * removed. Unsubscribe stops the tries; a lock that was emitted has to be released, which may be
 * done twice.
 */
export const takeLock = (
  file: string,
  { does, waitMs, ...options }: LockOptions,
): Observable<() => void> =>
  defer(() => {
    const own = JSON.stringify(ownProcess());
    const holder = tryLock(file, own, options);
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

type TryOptions = Pick<LockOptions, 'unseenMs' | 'link'>;

/**
 * Takes the lock and returns nothing, or returns its holder.
 *
 * A lock is created only once, and counts as held while it is being written. A dead lock is removed
 * only by the process that holds the lock `.claim` beside it, and only if it still is the lock that
 * was found dead: its owner cannot release it, and nobody else may remove it, so no living lock is
 * ever removed.
 */
const tryLock = (file: string, own: string, options: TryOptions): Holder | undefined => {
  const { unseenMs = Infinity, link } = options;
  const isOld = (): boolean => ageOf(file) > unseenMs;
  if (createLock(file, own, link)) return undefined;
  const found = lockText(file);
  if (found === UNREADABLE && !isOld()) return { isUnreadable: true };
  const owner = ownerIn(found);
  if (owner !== undefined && isAlive(owner) && !(isElsewhere(owner) && isOld())) return { owner };
  if (found === '' && isBeingWritten(file)) return {};
  // It was released meanwhile.
  if (found === undefined) return createOrName(file, own, link);
  const claim = `${file}.claim`;
  const claimant = tryLock(claim, own, options);
  if (claimant !== undefined) return claimant;
  try {
    // Of two locks that cannot be read the age tells which one it is.
    if (lockText(file) === found && (found !== UNREADABLE || isOld())) removeLock(file);
    return createOrName(file, own, link);
  } finally {
    releaseLock(claim, own);
  }
};

/** Removes what is in the place of a lock, unless it is a folder: its files are somebody's. */
const removeLock = (file: string): void => {
  if (lstatSync(file).isDirectory())
    throw new LockError(`${file} is a folder, and has to be a file of this plugin; remove it`);
  rmSync(file);
};

/** Milliseconds since the file was written; 0 for one that is gone. */
const ageOf = (file: string): number =>
  Date.now() - (lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());

/** Creates the lock and returns nothing, or returns its holder. */
const createOrName = (file: string, own: string, link?: typeof linkSync): Holder | undefined =>
  createLock(file, own, link) ? undefined : { owner: ownerIn(lockText(file)) };

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
