import { randomUUID } from 'node:crypto';
import { catchError, defer, map, type Observable, of } from 'rxjs';
import { type Opening, openingItems, openingText } from '../opening.js';
import { AppServerError, type Rpc, UnansweredError } from './rpc.js';

/**
 * Gives a thread what it gets before the prompt of a turn: earlier messages, changed instructions.
 * codex writes them into the rollout at once, so a thread that dies with the app-server has them
 * when it is resumed (0.135.0 to 0.171.0). The thread is stored only after that.
 *
 * Emits the prompt to send once and completes; at once, without a request, when there is nothing to
 * give. A codex that refuses the items gets them as text before the prompt. Fails with
 * `UnansweredError`. Unsubscribe drops the answer.
 */
export const giveOpening = (
  { request$ }: Pick<Rpc, 'request$'>,
  threadId: string,
  opening: Opening,
): Observable<string> =>
  defer(() => {
    const items = openingItems(opening);
    if (items.length === 0) return of(opening.prompt);
    return request$('thread/inject_items', { threadId, items }).pipe(
      map(() => opening.prompt),
      catchError((error: unknown) => {
        if (!(error instanceof AppServerError) || error instanceof UnansweredError) throw error;
        return of(openingText(opening, randomUUID().slice(0, 13)));
      }),
    );
  });
