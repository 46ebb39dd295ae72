import type { TurnTrace } from '../codex/events/silent-end.js';

/** What a turn has learned of codex beside its events. */
export interface TurnFacts {
  readonly malformed: number;
  readonly unrecognised: number;
  readonly threadId?: string;
  /** codex's own id of the turn, from the rollout. */
  readonly turnId?: string;
  /** What the rollout shows of the last attempt, once that has ended. */
  readonly trace?: TurnTrace | undefined;
  /** The thread that was told changed instructions before an attempt of the turn began. */
  readonly instructed?: string;
}

/** The notes of one turn, over all its attempts. */
export interface TurnNotes {
  /** Counts a line of codex that cannot be used. */
  readonly count: (line: 'malformed' | 'unrecognised') => void;
  /** Notes an id; a later attempt may have other ones. */
  readonly name: (ids: Pick<TurnFacts, 'threadId' | 'turnId'>) => void;
  /** Notes what the rollout of the thread shows of an attempt that has ended. */
  readonly show: (trace: TurnTrace) => void;
  readonly soFar: () => TurnFacts;
}

export const createTurnNotes = (): TurnNotes => {
  let known: TurnFacts = { malformed: 0, unrecognised: 0 };
  return {
    count: (line) => {
      known = { ...known, [line]: known[line] + 1 };
    },
    name: (ids) => {
      known = { ...known, ...ids, trace: undefined };
    },
    show: (trace) => {
      const { threadId } = known;
      const isTold = trace.isInstructed && threadId !== undefined;
      known = { ...known, trace, ...(isTold ? { instructed: threadId } : {}) };
    },
    soFar: () => known,
  };
};
