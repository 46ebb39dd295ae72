import { catchError, map, type Observable, of, take } from 'rxjs';
import { reasonOf } from '../../lines/explain.js';
import type { Config } from '../../plexum/config.js';
import { type Check, green, red, yellow } from './check.js';

const MEND =
  'give the folder to the user of the daemon alone, set XDG_RUNTIME_DIR to a short path, or use "bridge": "http"';

/**
 * Whether a socket of the stdio bridge can be made. `listen$` emits the path of one that listens,
 * and fails where there is none.
 *
 * Emits once and completes; does not fail. The socket is gone by then.
 */
export const checkSockets = (
  bridge: Config['bridge'],
  listen$: Observable<string>,
): Observable<Check> =>
  listen$.pipe(
    take(1),
    map((socket) =>
      green(
        'sockets',
        'sockets',
        `one can be made, at ${socket}${bridge === 'http' ? ' (the bridge is "http" and needs none)' : ''}`,
      ),
    ),
    catchError((error: unknown) =>
      of(
        bridge === 'stdio'
          ? red(
              'sockets',
              'sockets',
              `${reasonOf(error)}, so turns go without the daemon's tools`,
              MEND,
            )
          : yellow(
              'sockets',
              'sockets',
              `${reasonOf(error)}; the bridge is "http" and needs none`,
              `only for "bridge": "stdio": ${MEND}`,
            ),
      ),
    ),
  );
