import { ignoreElements, merge, type Observable, tap } from 'rxjs';
import { removeDeadSockets } from '../bridge/socket-dir.js';
import type { Log } from '../canonical/notice.js';
import { endOrphans } from '../process/run-records.js';

/**
 * Ends the processes and removes the sockets of plugins that were killed. Logs the number of
 * processes. Emits nothing; completes when all of them are gone.
 */
export const cleanUpOrphans = (
  recordsFolder: string,
  socketBases: readonly string[],
  log: Log,
): Observable<never> =>
  merge(
    removeDeadSockets(socketBases),
    endOrphans(recordsFolder).pipe(
      tap((processes) => {
        if (processes > 0)
          log(
            'warning',
            'a plugin that was killed left processes of a turn; they have been ended',
            { processes },
          );
      }),
      ignoreElements(),
    ),
  );
