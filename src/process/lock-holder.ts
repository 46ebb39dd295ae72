import { codeOf } from '../text/explain.js';
import { readSmallFile, UnexpectedFileError } from './files.js';
import { isElsewhere, ProcessIdentity } from './process-identity.js';

/** Another process holds a lock, or has changed a file that was to be changed. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/** Something is in the place of a lock that no plugin has created, and that is not removed. */
export class LockError extends Error {
  override readonly name = 'LockError';
}

/** Who holds a lock. `owner` is absent when the lock was released meanwhile or is unreadable. */
export interface Holder {
  readonly owner?: ProcessIdentity | undefined;
  readonly isUnreadable?: true;
}

/** In place of the text of a lock that is there and that this process may not read. */
export const UNREADABLE = Symbol('unreadable');
export type LockText = string | typeof UNREADABLE | undefined;

/** More than a lock has; the file may be anybody's. */
const MAX_BYTES = 1_024;

/** Of a link, and of a socket or a device: nothing that a plugin has created. */
const FOREIGN = ['ELOOP', 'ENXIO', 'ENODEV'];

/** The text of a lock; `undefined` when there is none, empty when it is no file of a plugin. */
export const lockText = (file: string): LockText => {
  try {
    return readSmallFile(file, MAX_BYTES);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    return error instanceof UnexpectedFileError || FOREIGN.includes(code) ? '' : UNREADABLE;
  }
};

/** The owner that a lock names; `undefined` when it names none. */
export const ownerIn = (text: LockText): ProcessIdentity | undefined => {
  if (typeof text !== 'string') return undefined;
  try {
    const owner: unknown = JSON.parse(text);
    return ProcessIdentity.is(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
};

/** Why the lock cannot be had, and what to do. `does` is what its owner does, for people. */
export const busyError = (holder: Holder, does: string, file: string): BusyError => {
  const { owner, isUnreadable = false } = holder;
  const isAbroad = owner !== undefined && isElsewhere(owner);
  const name = isAbroad ? `${owner.pid} of another container` : (owner?.pid ?? 'unknown');
  const advice = isAbroad || isUnreadable ? `, and remove ${file} if there is no such plugin` : '';
  return new BusyError(
    `another plugin (process ${name}) ${does}; try again when it has ended${advice}`,
  );
};
