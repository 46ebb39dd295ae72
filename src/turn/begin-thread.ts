import { map, type Observable, using } from 'rxjs';
import type { Ports } from '../ports.js';
import { BusyError } from '../process/lock-holder.js';
import { continueWith } from '../streams/continue-with.js';

/**
 * Begins a thread in a workspace while no other process does: the later of two new threads would
 * take the place of the first in the session file, and its conversation with it.
 *
 * Subscribes to `begin(release)` once the workspace is locked and its thread is still the one that
 * the turn has read: none, or the `replaced` one. Emits, completes and fails with it. Fails with
 * `BusyError` otherwise: another try continues the thread of the other process. The lock is
 * released by `release`, at the end and on unsubscribe.
 */
export const beginThread = <T>(
  workspace: string,
  replaced: string | undefined,
  { lockNewThread$, readSession$ }: Pick<Ports, 'lockNewThread$' | 'readSession$'>,
  begin: (release: () => void) => Observable<T>,
): Observable<T> =>
  lockNewThread$(workspace).pipe(
    continueWith((release) =>
      using(
        () => ({ unsubscribe: release }),
        () =>
          readSession$(workspace).pipe(
            map(({ threadId }) => {
              if (threadId !== undefined && threadId !== replaced) throw new BusyError(MEANWHILE);
            }),
            continueWith(() => begin(release)),
          ),
      ),
    ),
  );

const MEANWHILE =
  'another plugin has begun a thread in this workspace meanwhile; try again, and the turn continues it';
