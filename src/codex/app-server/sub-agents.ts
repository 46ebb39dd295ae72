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

const AgentCall = t.type({ receiverThreadIds: t.array(t.string) });

/** Milliseconds that the app-server may take to interrupt the agents. */
const INTERRUPT_MS = 1_000;

/**
 * The agents that a thread has started. Each is a thread of its own, whose turn goes on after the
 * turn of the thread, even if that was interrupted (measured on 0.135.0 and 0.169.0).
 *
 * `observe` takes every notification of the app-server. `isBelow` tells whether a thread is an
 * agent below another one. `interrupt$` interrupts the running turns of all agents below a thread
 * and ends their background terminals. It emits nothing; completes when codex has answered, or
 * after 1 s; does not fail. Unsubscribe drops the answers.
 */
export const createSubAgents = (request$: Rpc['request$']) => {
  const running = new Map<string, string>();
  const children = new Map<string, Set<string>>();
  const below = (threadId: string): string[] => {
    const found = new Set([threadId]);
    // The loop also walks the ids that it adds, each once.
    for (const id of found) for (const child of children.get(id) ?? []) found.add(child);
    return [...found].slice(1);
  };
  return {
    observe: ({ method, params }: ServerNotification): void => {
      if (method === 'turn/started') running.set(params.threadId, params.turn.id);
      else if (method === 'turn/completed') running.delete(params.threadId);
      else if (method === 'item/completed' && AgentCall.is(params.item)) {
        const agents = children.get(params.threadId) ?? new Set();
        // An agent may call the thread that has started it: that thread is not its agent.
        for (const id of params.item.receiverThreadIds)
          if (!below(id).includes(params.threadId)) agents.add(id);
        if (agents.size > 0) children.set(params.threadId, agents);
      }
    },
    isBelow: (threadId: string, id: string): boolean =>
      children.has(threadId) && below(threadId).includes(id),
    interrupt$: (threadId: string): Observable<never> =>
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
        takeUntil(timer(INTERRUPT_MS)),
      ),
  };
};
