import { AsyncSubject, asapScheduler, concat, EMPTY, merge, NEVER, Observable, take } from 'rxjs';
import type { Waiting, WorkspaceQueue } from '../ports.js';
import { during } from '../streams/during.js';
import { countOf, nextTicket, type Ticket } from './next-ticket.js';

/** Too many turns wait already. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/**
 * The most turns that wait for one workspace, of one agent, and in all: each holds its prompt and
 * images in memory.
 */
const MAX_WAITING_HERE = 32;
const MAX_WAITING_OF_AGENT = 128;
const MAX_WAITING = 256;

interface QueuedTurn extends Ticket {
  readonly started$: AsyncSubject<true>;
}

/**
 * A queue for the turns of all workspaces. Runs up to `limit` workspaces concurrently. A free slot
 * goes to the agent with the fewest running turns, then to the least recently served one; FIFO per
 * workspace. A turn with a limit of its own counts all turns against it. `keysOf` names the
 * workspace and what else only one turn may work on, its thread. `drainedOf` completes when the
 * background work of the workspace has ended.
 *
 * The returned Observable emits, completes and fails as the source does, which it subscribes to
 * when the turn starts. Fails with `QueueFullError` when 32 turns wait for the workspace, 128 of
 * the agent, or 256 in all. Unsubscribe leaves the queue, or unsubscribes from the source. After
 * every end of a source, the next turn starts when `drainedOf` has completed.
 */
export const createWorkspaceQueue = (
  limit: number,
  keysOf: (workspace: string) => readonly string[] = (workspace) => [workspace],
  drainedOf: (workspace: string) => Observable<unknown> = () => EMPTY,
): WorkspaceQueue => {
  const waiting = new Set<QueuedTurn>();
  const running = new Set<QueuedTurn>();
  /** Holds an agent while it has a turn here. */
  const starts = new Map<string, number>();
  let lastStart = 0;

  const startNext = (): void => {
    for (;;) {
      const turn = nextTicket({ waiting, running, limit, starts });
      if (turn === undefined) return;
      lastStart += 1;
      starts.set(turn.agent, lastStart);
      waiting.delete(turn);
      running.add(turn);
      turn.started$.next(true);
      turn.started$.complete();
    }
  };
  const free = (turn: QueuedTurn): void => {
    // Asynchronously: at a shutdown all turns end at once, and none of them may start.
    if (running.delete(turn)) asapScheduler.schedule(startNext);
    if (countOf(turn.agent, waiting) + countOf(turn.agent, running) === 0)
      starts.delete(turn.agent);
  };
  const freeWhenDrained = (workspace: string, turn: QueuedTurn): void => {
    const release = (): void => free(turn);
    if (running.has(turn)) drainedOf(workspace).subscribe({ error: release, complete: release });
    else release();
  };

  /** A place in the queue: emits when its turn starts, and is given back on unsubscribe. */
  const place = (
    workspace: string,
    hurry$: Observable<unknown>,
    { onWait, agent = workspace, limit: own, light = false }: Waiting,
  ): Observable<unknown> =>
    new Observable((subscriber) => {
      const keys = keysOf(workspace);
      const shares = (other: Ticket): boolean => other.keys.some((key) => keys.includes(key));
      const here = [...waiting].filter(shares).length;
      if (
        here >= MAX_WAITING_HERE ||
        countOf(agent, waiting) >= MAX_WAITING_OF_AGENT ||
        waiting.size >= MAX_WAITING
      ) {
        throw new QueueFullError(
          `codex: too many turns wait already (${here} for this workspace, ${waiting.size} in all); try again when some have ended`,
        );
      }
      const turn: QueuedTurn = { keys, agent, limit: own, light, started$: new AsyncSubject() };
      waiting.add(turn);
      subscriber.add(() => {
        waiting.delete(turn);
        freeWhenDrained(workspace, turn);
      });
      startNext();
      if (waiting.has(turn)) onWait?.(here + [...running].filter(shares).length);
      concat(merge(turn.started$, hurry$).pipe(take(1)), NEVER).subscribe(subscriber);
    });

  return (workspace, hurry$, source$, options = {}) =>
    during(place(workspace, hurry$, options), () => source$);
};
