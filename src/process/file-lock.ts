import { closeSync, constants, copyFileSync, linkSync, rmSync, writeFileSync } from 'node:fs';
import { defer, type Observable, of, retry, timer } from 'rxjs';
import { readSmallFile } from './files.js';
import { isAlive, isElsewhere, ownProcess, ProcessIdentity } from './process-identity.js';
import { createTemporary } from './temporary-file.js';

/** Another process holds a lock, or has changed a file that was to be changed. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/** More than a lock has; the file may be anybody's. */
const MAX_BYTES = 1_024;

/** Milliseconds between two tries to take a lock that is held. */
const TRY_MS = 10;

export interface LockOptions {
  /** What the owner of the lock does, for people: "runs a turn in this workspace". */
  readonly does: string;
  /** Milliseconds to wait for a living owner. */
  readonly waitMs: number;
}

/**
 * Takes the lock of this file name, for one of all processes.
 *
 * Emits the function that releases it once, and completes: at once when the lock is free or its
 * owner is gone. While its owner is running, tries every 10 ms, and fails with `BusyError` after
 * `waitMs`. Fails with the error of the system when no file can be created. Unsubscribe stops the
 * tries; a lock that was emitted has to be released.
 */
export const takeLock = (file: string, { does, waitMs }: LockOptions): Observable<() => void> =>
  defer(() => {
    const own = JSON.stringify(ownProcess());
    const holder = tryLock(file, own);
    if (holder !== undefined)
      throw new BusyError(`another plugin (${naming(holder)}) ${does}; ${advice(holder, file)}`);
    return of(() => {
      releaseLock(file, own);
    });
  }).pipe(
    retry({
      delay: (error: unknown, count) => {
        if (error instanceof BusyError && count * TRY_MS <= waitMs) return timer(TRY_MS);
        throw error;
      },
    }),
  );

/** Who holds a lock: `owner` is absent when it was released meanwhile. */
interface Holder {
  readonly owner?: ProcessIdentity | undefined;
}

/**
 * Takes the lock and returns nothing, or returns its holder.
 *
 * A link creates the file complete and only once. A dead lock is removed only by the process that
 * holds the lock `.claim` beside it, and only if it still is the lock that was found dead: its
 * owner cannot release it, and nobody else may remove it, so no living lock is ever removed.
 */
const tryLock = (file: string, own: string): Holder | undefined => {
  if (createLock(file, own)) return undefined;
  const found = textOf(file);
  const owner = ownerIn(found);
  if (owner !== undefined && isAlive(owner)) return { owner };
  // It was released meanwhile.
  if (found === undefined) return createOrName(file, own);
  const claim = `${file}.claim`;
  const claimant = tryLock(claim, own);
  if (claimant !== undefined) return claimant;
  try {
    if (textOf(file) === found) rmSync(file);
    return createOrName(file, own);
  } finally {
    releaseLock(claim, own);
  }
};

/** Creates the lock and returns nothing, or returns its holder. */
const createOrName = (file: string, own: string): Holder | undefined =>
  createLock(file, own) ? undefined : { owner: ownerIn(textOf(file)) };

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
    // Without a free descriptor the text is empty; nobody replaces the lock of a living process.
    if (['', own].includes(textOf(file) ?? '')) rmSync(file, { force: true });
  } catch {
    // The folder is gone or read-only: the lock is dead once this process is.
  }
};

/** The text of a lock; `undefined` when there is none, empty when it cannot be read. */
const textOf = (file: string): string | undefined => {
  try {
    return readSmallFile(file, MAX_BYTES);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : '';
  }
};

const ownerIn = (text: string | undefined): ProcessIdentity | undefined => {
  try {
    const owner: unknown = JSON.parse(text ?? '');
    return ProcessIdentity.is(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
};

const naming = ({ owner }: Holder): string => {
  if (owner === undefined) return 'process unknown';
  return isElsewhere(owner) ? `process ${owner.pid} of another container` : `process ${owner.pid}`;
};

const advice = ({ owner }: Holder, file: string): string =>
  owner !== undefined && isElsewhere(owner)
    ? `try again when it has ended, and remove ${file} if there is no such plugin`
    : 'try again when it has ended';

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
