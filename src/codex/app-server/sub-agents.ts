import * as t from 'io-ts';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  ignoreElements,
  mergeMap,
  type Observable,
  takeUntil,
  timer,
} from 'rxjs';
import type { ServerNotification } from './notification.js';
import type { Rpc } from './rpc.js';

const Spawned = t.type({ receiverThreadIds: t.array(t.string) });

/** Milliseconds that the app-server may take to interrupt them. */
const END_MS = 1_000;

/**
 * The agents that a thread has started: threads of their own, whose turns go on when that of the
 * thread is over, also when it was interrupted (measured on 0.135.0 and 0.169.0).
 *
 * `note` takes every notification of the app-server. `end$` interrupts the running turns of all
 * agents below a thread, emits nothing, completes when that is answered, and does not fail.
 */
export const createSubAgents = (request$: Rpc['request$']) => {
  const running = new Map<string, string>();
  const children = new Map<string, Set<string>>();
  const below = (threadId: string): string[] => {
    const found = new Set([threadId]);
    // Those that are added are walked as well; one that many have called is walked once.
    for (const id of found) for (const child of children.get(id) ?? []) found.add(child);
    return [...found].slice(1);
  };
  return {
    note: ({ method, params }: ServerNotification): void => {
      if (method === 'turn/started') running.set(params.threadId, params.turn.id);
      else if (method === 'turn/completed') running.delete(params.threadId);
      else if (method === 'item/completed' && Spawned.is(params.item)) {
        const known = children.get(params.threadId) ?? new Set();
        // Whoever has started it is not its agent.
        for (const id of params.item.receiverThreadIds)
          if (!below(id).includes(params.threadId)) known.add(id);
        if (known.size > 0) children.set(params.threadId, known);
      }
    },
    end$: (threadId: string): Observable<never> =>
      defer(() => {
        const agents = below(threadId);
        for (const id of [threadId, ...agents]) children.delete(id);
        return agents.flatMap((id) => {
          const turnId = running.get(id);
          return turnId === undefined ? [] : [{ threadId: id, turnId }];
        });
      }).pipe(
        mergeMap((turn) =>
          concat(
            request$('turn/interrupt', turn),
            request$('thread/backgroundTerminals/clean', { threadId: turn.threadId }),
          ).pipe(catchError(() => EMPTY)),
        ),
        ignoreElements(),
        takeUntil(timer(END_MS)),
      ),
  };
};
