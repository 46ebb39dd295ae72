import { isRight } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { guardCodec } from '../text/guard-codec.js';

/** Three years. */
const MAX_MS = 1e11;

/** Milliseconds since the beginning of a record, from 0. */
const isMs = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= MAX_MS;
export const Ms = guardCodec('milliseconds', isMs);

const Usage = t.type({
  input_tokens: t.number,
  cached_input_tokens: t.number,
  output_tokens: t.number,
  reasoning_output_tokens: t.number,
});

/** The fields of a `TurnEvent` that a reader of records needs. */
const Event = t.union([
  t.type({ type: t.union([t.literal('text_delta'), t.literal('thinking_delta')]), text: t.string }),
  t.intersection([
    t.type({ type: t.literal('tool_call_start'), id: t.string, name: t.string }),
    t.partial({ namespace: t.string }),
  ]),
  t.type({ type: t.literal('tool_call_delta'), id: t.string, arguments: t.string }),
  t.type({ type: t.literal('tool_call_end'), id: t.string }),
  t.type({ type: t.literal('tool_result'), id: t.string, output: t.string, is_error: t.boolean }),
  t.intersection([
    t.type({ type: t.literal('message_start'), model: t.string }),
    t.partial({ thread_id: t.string }),
  ]),
  t.type({
    type: t.literal('message_end'),
    stop_reason: t.string,
    usage: Usage,
    thread_id: t.string,
  }),
  t.intersection([
    t.type({ type: t.literal('error'), kind: t.string, message: t.string, retryable: t.boolean }),
    t.partial({ retry_after_ms: t.number, usage: Usage }),
  ]),
]);
export type RecordedEvent = t.TypeOf<typeof Event>;

const Head = t.type({
  version: t.literal(1),
  /** The time of the request, in ISO 8601. */
  at: t.string,
  agent_id: t.string,
  model: t.string,
  workspace: t.string,
  /** The configured transport: `exec` or `app-server`. */
  transport: t.string,
  /** The prompt, at most 200 characters. */
  text: t.string,
});
export type TurnHead = t.TypeOf<typeof Head>;

/** A line of a record: `ms` and one key that names its kind. Each turn begins with `turn`. */
export const TurnRecord = t.union([
  t.type({ ms: Ms, turn: Head }),
  t.type({ ms: Ms, wait: t.type({ ahead: t.number }) }),
  /** The transport that ran the turn instead of the configured one. */
  t.type({ ms: Ms, transport: t.string }),
  t.type({
    ms: Ms,
    seeded: t.type({ messages: t.number, chars: t.number, left_out: t.number }),
  }),
  t.type({ ms: Ms, raw: t.UnknownRecord }),
  t.type({ ms: Ms, malformed: t.type({ reason: t.string, sample: t.string }) }),
  t.type({
    ms: Ms,
    exited: t.type({ code: t.union([t.number, t.null]), signal: t.union([t.string, t.null]) }),
  }),
  t.type({ ms: Ms, event: Event }),
  t.type({ ms: Ms, call: t.type({ id: t.number, tool: t.string }) }),
  t.type({ ms: Ms, returned: t.type({ id: t.number, is_error: t.boolean }) }),
  /** The last line of a turn: how many lines were dropped because the disk was too slow. */
  t.type({ ms: Ms, dropped: t.type({ lines: t.number }) }),
]);
export type TurnRecord = t.TypeOf<typeof TurnRecord>;

export interface Records {
  /**
   * The lines of each turn, in the order of the file. Lines before the first `turn` belong to a
   * turn whose beginning is missing.
   */
  readonly turns: readonly (readonly TurnRecord[])[];
  /** The number of lines that are no record, without empty lines. */
  readonly malformed: number;
}

/** Parses a file of records. Never throws: a line that is no record is counted and skipped. */
export const readRecords = (text: string): Records => {
  const turns: TurnRecord[][] = [];
  let malformed = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const record = recordOf(line);
    if (record === undefined) malformed += 1;
    else if ('turn' in record || turns.length === 0) turns.push([record]);
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
