/** What a turn has learned of codex beside its events, for the log. */
export interface TurnFacts {
  readonly malformed: number;
  readonly unrecognised: number;
  readonly threadId?: string;
  /** codex's own id of the turn, from the rollout. */
  readonly turnId?: string;
}

/** The notes of one turn, over all its attempts. */
export interface TurnNotes {
  /** Counts a line of codex that cannot be used. */
  readonly count: (line: 'malformed' | 'unrecognised') => void;
  /** Notes an id; a later attempt may have other ones. */
  readonly name: (ids: Pick<TurnFacts, 'threadId' | 'turnId'>) => void;
  readonly soFar: () => TurnFacts;
}

export const createTurnNotes = (): TurnNotes => {
  let known: TurnFacts = { malformed: 0, unrecognised: 0 };
  return {
    count: (line) => {
      known = { ...known, [line]: known[line] + 1 };
    },
    name: (ids) => {
      known = { ...known, ...ids };
    },
    soFar: () => known,
  };
};
