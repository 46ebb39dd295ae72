import { catchError, EMPTY, ignoreElements, type Observable } from 'rxjs';
import type { Rpc } from './rpc.js';

/**
 * Unloads a thread: codex closes it and releases its writer lock.
 *
 * Emits nothing; completes when codex has answered; does not fail. Unsubscribe drops the answer.
 */
export const unloadThread = (
  { request$ }: Pick<Rpc, 'request$'>,
  threadId: string | undefined,
): Observable<never> =>
  request$('thread/unsubscribe', { threadId }).pipe(
    ignoreElements(),
    catchError(() => EMPTY),
  );
