import { type Observable, tap, timeout } from 'rxjs';
import { AppServerError, type Rpc } from './rpc.js';

/** Milliseconds that the answer to `initialize` may take; it takes 100. */
const HELLO_MS = 20_000;

/**
 * The handshake with an app-server.
 *
 * Sends `initialize` on subscribe. Emits the answer once, notifies `initialized` before that, and
 * completes. Fails with `AppServerError` when codex refuses or does not answer within 20 s.
 * Unsubscribe drops the answer. `version` is that of this client.
 */
export const initializeServer = (
  { request$, notify }: Pick<Rpc, 'request$' | 'notify'>,
  version: string,
): Observable<unknown> =>
  request$('initialize', {
    clientInfo: { name: 'plexum', title: 'Plexum', version },
    capabilities: { experimentalApi: true },
  }).pipe(
    timeout({
      first: HELLO_MS,
      with: () => {
        throw new AppServerError(`codex app-server said nothing for ${HELLO_MS} ms`);
      },
    }),
    tap(() => notify('initialized')),
  );
