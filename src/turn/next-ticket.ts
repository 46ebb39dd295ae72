/** A turn in the queue. */
export interface Ticket {
  /** The workspace and its thread. Turns that share a key run one after another. */
  readonly keys: readonly string[];
  readonly agent: string;
  /** The number of slots for this ticket; by default that of the queue. */
  readonly limit?: number | undefined;
  /** A light ticket needs no slot. */
  readonly light: boolean;
}

/** The queue at one moment. */
export interface QueueState<T extends Ticket> {
  /** In the order of their subscription. */
  readonly waiting: ReadonlySet<T>;
  readonly running: ReadonlySet<T>;
  /** The number of slots. */
  readonly limit: number;
  /** The position of each agent's last start in the order of all starts. */
  readonly starts: ReadonlyMap<string, number>;
}

/**
 * The ticket that runs next, if one can.
 *
 * A ticket can run when no ticket before it shares a key with it, and a slot is free for it or it
 * is light. The choice falls on the agent with the fewest running tickets, then on the least
 * recently served agent, then on the ticket that waits longest.
 */
export const nextTicket = <T extends Ticket>(state: QueueState<T>): T | undefined => {
  const { running, starts } = state;
  const [first, ...others] = runnable(state);
  const lastStart = ({ agent }: T): number => starts.get(agent) ?? 0;
  const isBefore = (a: T, b: T): boolean => {
    const more = countOf(a.agent, running) - countOf(b.agent, running);
    return (more || lastStart(a) - lastStart(b)) < 0;
  };
  return others.reduce(
    (best, other) => (best !== undefined && isBefore(other, best) ? other : best),
    first,
  );
};

/** The number of tickets of an agent. */
export const countOf = (agent: string, tickets: ReadonlySet<Ticket>): number =>
  [...tickets].filter((ticket) => ticket.agent === agent).length;

/** The tickets that can run now, in the order of their subscription. */
const runnable = <T extends Ticket>({ waiting, running, limit }: QueueState<T>): T[] => {
  const taken = new Set([...running].flatMap(({ keys }) => keys));
  const used = [...running].filter(({ light }) => !light).length;
  return [...waiting].filter(({ keys, light, limit: own = limit }) => {
    const isFree = !keys.some((key) => taken.has(key));
    for (const key of keys) taken.add(key);
    return isFree && (light || used < own);
  });
};
