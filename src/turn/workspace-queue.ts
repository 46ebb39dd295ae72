import {
  AsyncSubject,
  asapScheduler,
  defer,
  EMPTY,
  merge,
  type Observable,
  switchMap,
  take,
  tap,
} from 'rxjs';
import type { WorkspaceQueue } from '../ports.js';

/** More turns wait than are allowed to. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/**
 * Turns that may wait for one workspace, of one agent, and in all: each holds its prompt and images
 * in memory.
 */
const MAX_WAITING_HERE = 32;
const MAX_WAITING_OF_AGENT = 128;
const MAX_WAITING = 256;

interface Ticket {
  /** The workspace and its thread: whoever shares one of them comes later. */
  readonly keys: readonly string[];
  readonly agent: string;
  readonly light: boolean;
  readonly called$: AsyncSubject<true>;
}

/**
 * A queue for the turns of many workspaces: those of one workspace run one after another in the
 * order of their subscription, those of different ones side by side, `limit` at most: of the agent
 * that has the fewest running, and was called longest ago, the longest waiting first. `keysOf`
 * names what only one may work on at a time, besides the workspace; `drainedOf` completes when
 * nothing of a source that is over goes on in the workspace any more.
 *
 * At most 32 turns wait for one workspace, 128 of one agent and 256 in all: one more fails with
 * `QueueFullError`. The returned Observable emits, completes and fails as the source does, from the
 * moment on when it is called. Unsubscribe leaves the queue or unsubscribes from the source; either
 * way, and on every end of the source, the next one is called, as soon as `drainedOf` completes.
 */
export const createWorkspaceQueue = (
  limit: number,
  keysOf: (workspace: string) => readonly string[] = (workspace) => [workspace],
  drainedOf: (workspace: string) => Observable<unknown> = () => EMPTY,
): WorkspaceQueue => {
  const waiting = new Set<Ticket>();
  const running = new Set<Ticket>();

  /** When each agent was called last, as long as it is here. */
  const calls = new Map<string, number>();
  let call = 0;

  const of = (agent: string, tickets: ReadonlySet<Ticket>): number =>
    [...tickets].filter((ticket) => ticket.agent === agent).length;
  const isBefore = (a: Ticket, b: Ticket): boolean => {
    const [ofA, ofB] = [of(a.agent, running), of(b.agent, running)];
    return ofA === ofB ? (calls.get(a.agent) ?? 0) < (calls.get(b.agent) ?? 0) : ofA < ofB;
  };
  /**
   * Who may run now, in the order in which they came; nobody passes another one of the same
   * workspace.
   */
  const ready = (): Ticket[] => {
    const taken = new Set([...running].flatMap(({ keys }) => keys));
    const hasPlace = [...running].filter(({ light }) => !light).length < limit;
    return [...waiting].filter(({ keys, light }) => {
      const isFree = !keys.some((key) => taken.has(key));
      for (const key of keys) taken.add(key);
      return isFree && (light || hasPlace);
    });
  };
  const callNext = (): void => {
    for (;;) {
      const [first, ...others] = ready();
      if (first === undefined) return;
      const ticket = others.reduce((best, other) => (isBefore(other, best) ? other : best), first);
      call += 1;
      calls.set(ticket.agent, call);
      waiting.delete(ticket);
      running.add(ticket);
      ticket.called$.next(true);
      ticket.called$.complete();
    }
  };

  const free = (ticket: Ticket): void => {
    // Not at once: whoever leaves in this moment too, as all do when the server ends, is not to be
    // called.
    if (running.delete(ticket)) asapScheduler.schedule(callNext);
    if (of(ticket.agent, waiting) + of(ticket.agent, running) === 0) calls.delete(ticket.agent);
  };
  const freeWhenDrained = (workspace: string, ticket: Ticket): void => {
    if (!running.has(ticket)) free(ticket);
    else
      drainedOf(workspace).subscribe({ error: () => free(ticket), complete: () => free(ticket) });
  };

  return (workspace, hurry$, source$, { onWait, agent = workspace, light = false } = {}) =>
    defer(() => {
      const keys = keysOf(workspace);
      const shares = (other: Ticket): boolean => other.keys.some((key) => keys.includes(key));
      const here = [...waiting].filter(shares).length;
      if (
        here >= MAX_WAITING_HERE ||
        of(agent, waiting) >= MAX_WAITING_OF_AGENT ||
        waiting.size >= MAX_WAITING
      ) {
        throw new QueueFullError(
          `codex: too many turns wait already (${here} for this workspace, ${waiting.size} in all); try again when some have ended`,
        );
      }
      const ticket: Ticket = { keys, agent, light, called$: new AsyncSubject() };
      waiting.add(ticket);
      callNext();
      if (waiting.has(ticket)) onWait?.(here + [...running].filter(shares).length);
      return merge(ticket.called$, hurry$).pipe(
        take(1),
        switchMap(() => source$),
        // Not the operator `finalize`: what that is given runs before the unsubscribe of a source
        // that had to wait, and so before anything is left of it.
        tap({
          finalize: () => {
            waiting.delete(ticket);
            freeWhenDrained(workspace, ticket);
          },
        }),
      );
    });
};
