import { asapScheduler, AsyncSubject, defer, finalize, merge, type Observable, switchMap, take } from 'rxjs';

/**
 * Runs a source when its workspace is free. `hurry$` lets it pass the queue: a cancelled turn does not wait, it only has its end
 * left to say.
 */
export type WorkspaceQueue = <T>(
  workspace: string,
  hurry$: Observable<unknown>,
  source$: Observable<T>,
  /** Called when it has to wait, with how many wait or run for the workspace. */
  onWait?: (ahead: number) => void,
) => Observable<T>;

/** More turns wait than are allowed to. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/** Turns that may wait for one workspace, and in all: each holds its prompt and images in memory. */
const MAX_WAITING_HERE = 32;
const MAX_WAITING = 256;

interface Ticket {
  readonly workspace: string;
  readonly called$: AsyncSubject<true>;
}

/**
 * A queue for the turns of many workspaces: those of one workspace run one after another in the order of their subscription, those
 * of different ones side by side, `limit` at most, the longest waiting first.
 *
 * At most 32 turns wait for one workspace and 256 in all: one more fails with `QueueFullError`. The returned Observable emits, completes and fails as the source does, from the moment on when it is called. Unsubscribe leaves the
 * queue or unsubscribes from the source; either way, and on every end of the source, the next one is called.
 */
export const createWorkspaceQueue = (limit: number): WorkspaceQueue => {
  const waiting = new Set<Ticket>();
  const running = new Set<Ticket>();

  const isFree = (workspace: string): boolean => ![...running].some((ticket) => ticket.workspace === workspace);
  const callNext = (): void => {
    for (const ticket of waiting) {
      if (running.size >= limit) return;
      if (!isFree(ticket.workspace)) continue;
      waiting.delete(ticket);
      running.add(ticket);
      ticket.called$.next(true);
      ticket.called$.complete();
    }
  };

  return (workspace, hurry$, source$, onWait) =>
    defer(() => {
      const here = [...waiting].filter((other) => other.workspace === workspace).length;
      if (here >= MAX_WAITING_HERE || waiting.size >= MAX_WAITING) {
        throw new QueueFullError(
          `codex: too many turns wait already (${here} for this workspace, ${waiting.size} in all); try again when some have ended`,
        );
      }
      const ticket: Ticket = { workspace, called$: new AsyncSubject() };
      waiting.add(ticket);
      callNext();
      if (waiting.has(ticket)) onWait?.(here + (isFree(workspace) ? 0 : 1));
      return merge(ticket.called$, hurry$).pipe(
        take(1),
        switchMap(() => source$),
        finalize(() => {
          waiting.delete(ticket);
          // Not at once: whoever leaves in this moment too, as all do when the server ends, is not to be called.
          if (running.delete(ticket)) asapScheduler.schedule(callNext);
        }),
      );
    });
};
