import { isRight } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { TurnEvent } from './turn-event-codec.js';

/** What begins the record of a turn. */
const Begun = t.type({
  version: t.literal(1),
  /** When the turn was asked for, ISO 8601 in UTC. */
  at: t.string,
  agent_id: t.string,
  /** The host's model id. */
  model: t.string,
  workspace: t.string,
  transport: t.string,
  /** The prompt, at most 200 characters. */
  text: t.string,
});

/** What a line of a record tells, by its one key beside `ms`. */
const What = t.union([
  t.type({ turn: Begun }),
  /** It waits in the queue of its workspace. */
  t.type({ wait: t.type({ ahead: t.number }) }),
  /** A JSON line of codex, as it was printed. */
  t.type({ raw: t.UnknownRecord }),
  t.type({ malformed: t.type({ reason: t.string, sample: t.string }) }),
  /** The process tree is gone. */
  t.type({ exited: t.type({ code: t.union([t.number, t.null]), signal: t.union([t.string, t.null]) }) }),
  /** As it was handed to the host. */
  t.type({ event: TurnEvent }),
  /** Of the host's tools over the bridge; the ids count the calls of the turn. */
  t.type({ call: t.type({ id: t.number, tool: t.string }) }),
  t.type({ returned: t.type({ id: t.number, is_error: t.boolean }) }),
  /** Lines that were not written, because the disk was too slow for them. Stands at the end. */
  t.type({ dropped: t.type({ lines: t.number }) }),
]);
export type What = t.TypeOf<typeof What>;

/** A line of the record of a turn; `ms` are milliseconds since the turn was asked for. */
export const TurnRecord = t.intersection([t.type({ ms: t.number }), What], 'a line of a record');
export type TurnRecord = t.TypeOf<typeof TurnRecord>;

/**
 * Reads a record file: the lines of each turn, which a `turn` line begins, in the order of the file. Lines that are none, and those before the first turn, are
 * counted as `malformed`; empty lines are passed over. Does not throw.
 */
export const readRecords = (text: string): { readonly turns: readonly (readonly TurnRecord[])[]; readonly malformed: number } => {
  const turns: TurnRecord[][] = [];
  let malformed = 0;
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    if (line.trim() === '') continue;
    const record = recordOf(line);
    if (record !== undefined && 'turn' in record) turns.push([record]);
    else if (record === undefined || turns.length === 0) malformed += 1;
    else turns.at(-1)?.push(record);
  }
  return { turns, malformed };
};

const recordOf = (line: string): TurnRecord | undefined => {
  try {
    const read = TurnRecord.decode(JSON.parse(line));
    return isRight(read) ? read.right : undefined;
  } catch {
    return undefined;
  }
};
