import * as t from 'io-ts';
import type { Parsed } from '../../lines/parse-json.js';

/**
 * What codex tells of as a message or reasoning item too, one by one (measured on 0.135.0, 0.150.1
 * and 0.169.0), unless it is of a compaction.
 */
const Said = t.type({
  type: t.literal('response_item'),
  payload: t.union([
    t.type({ type: t.literal('message'), role: t.literal('assistant') }),
    t.type({ type: t.literal('reasoning') }),
  ]),
});

/** What stands directly before a message or reasoning item that is told. */
const Telling = t.type({
  type: t.literal('event_msg'),
  payload: t.union([
    t.type({ type: t.keyof({ agent_message: null, agent_reasoning: null }) }),
    t.type({
      type: t.literal('item_completed'),
      item: t.type({ type: t.keyof({ AgentMessage: null, Reasoning: null }) }),
    }),
  ]),
});

const Compacted = t.type({ type: t.literal('compacted') });
/** What may stand between the summary and the compaction. */
const Counted = t.union([
  t.type({ type: t.literal('token_usage_record') }),
  t.type({ type: t.literal('event_msg'), payload: t.type({ type: t.literal('token_count') }) }),
]);

/**
 * The records of a rollout that are due while its turn runs.
 *
 * codex writes a message and the calls behind it in one go, and tells of them one by one: what
 * stands behind the message after the `said` first ones is held until that was said. A compaction
 * writes its summary, with the reasoning, as messages that nobody tells (0.150.1 and 0.169.0): they
 * do not count once the compaction stands there.
 */
export const createDueRecords = () => {
  let held: Parsed[] = [];
  let passed = 0;
  let last: Parsed | undefined;
  const pass = (record: Parsed, said: number): Parsed[] => {
    const isSaid = is(Said, record);
    if (held.length > 0 || (isSaid && passed >= said)) {
      held.push(record);
      return [];
    }
    if (isSaid) passed += 1;
    last = record;
    return [record];
  };
  const release = (said: number): Parsed[] => {
    const again = held;
    held = [];
    return again.flatMap((record) => pass(record, said));
  };
  return {
    /** The next record of the file: what is due with it. */
    add: (record: Parsed, said: number): Parsed[] => {
      if (held.length === 0 || !is(Compacted, record)) return pass(record, said);
      held = [...withoutSummary(held, last), record];
      return release(said);
    },
    /** What is due of what was held. */
    release,
  };
};

const is = (kind: t.Mixed, record: Parsed | undefined): boolean =>
  record?.type === 'json' && kind.is(record.value);

/** The records before a compaction, `last` the one before them, without what it has said itself. */
const withoutSummary = (records: readonly Parsed[], last: Parsed | undefined): Parsed[] => {
  const before = records.findLastIndex((record) => !is(Said, record) && !is(Counted, record));
  const told = is(Telling, records[before] ?? last) ? before + 1 : before;
  return records.filter((record, nth) => nth <= told || !is(Said, record));
};
