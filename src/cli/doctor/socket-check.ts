import { catchError, map, type Observable, of, take } from 'rxjs';
import type { Config } from '../../plexum/config.js';
import { reasonOf } from '../../text/explain.js';
import { type Check, checkOf } from './check.js';

const { green, yellow, red } = checkOf('sockets');

const SOCKET_STEP =
  'give the folder to the user of the daemon alone, set XDG_RUNTIME_DIR to a short path, or use "bridge": "http"';

/**
 * Checks that the stdio bridge can create a socket. Emits one check when `listen$` emits the path
 * of a listening socket or fails, then completes. Does not fail. Unsubscribes from `listen$` before
 * the check is emitted, which removes the socket.
 */
export const checkSockets = (
  bridge: Config['bridge'],
  listen$: Observable<string>,
): Observable<Check> =>
  listen$.pipe(
    take(1),
    map((socket) =>
      green(
        `one can be made, at ${socket}${bridge === 'http' ? ' (the bridge is "http" and needs none)' : ''}`,
      ),
    ),
    catchError((error: unknown) =>
      of(
        bridge === 'stdio'
          ? red(`${reasonOf(error)}, so turns go without the daemon's tools`, SOCKET_STEP)
          : yellow(
              `${reasonOf(error)}; the bridge is "http" and needs none`,
              `only for "bridge": "stdio": ${SOCKET_STEP}`,
            ),
      ),
    ),
  );
