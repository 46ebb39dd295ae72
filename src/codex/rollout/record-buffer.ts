import * as t from 'io-ts';
import type { Parsed } from '../../lines/parse-json.js';
import { TaskStarted } from './rollout-record.js';

/** A message or reasoning item. */
const TextItem = t.type({
  type: t.literal('response_item'),
  payload: t.union([
    t.type({ type: t.literal('message'), role: t.literal('assistant') }),
    t.type({
      type: t.literal('reasoning'),
      summary: t.array(t.type({ text: t.string })),
    }),
  ]),
});

/**
 * A message that the model sends by a call (`send_message_to_user_async`, from 0.171.0). It is
 * streamed like any other, and has no message item.
 */
const AsyncMessage = t.type({
  type: t.literal('event_msg'),
  payload: t.type({
    type: t.literal('item_completed'),
    item: t.type({ type: t.literal('AgentMessage'), delivery: t.literal('async') }),
  }),
});

/** What one agent says to another: 0.135.0 with `multi_agent_v2` records it as a message. */
const AgentMail = t.type({ content: t.tuple([t.type({ text: t.string })]) });
const MAIL = /^\{"author":"\/root[^"]*","recipient":"/;

/**
 * Whether a record is a message, or reasoning with a summary: codex streams each of them, except
 * those of a compaction and those between agents.
 */
const isStreamed = (record: Parsed): boolean => {
  if (record.type === 'malformed') return false;
  const { value } = record;
  if (!TextItem.is(value)) return AsyncMessage.is(value);
  if (AgentMail.is(value.payload) && MAIL.test(value.payload.content[0].text)) return false;
  return (
    value.payload.type === 'message' || value.payload.summary.some(({ text }) => text.trim() !== '')
  );
};

/** The event directly before a message or reasoning item that is streamed. */
const TextEvent = t.type({
  type: t.literal('event_msg'),
  payload: t.union([
    t.type({ type: t.keyof({ agent_message: null, agent_reasoning: null }) }),
    t.type({
      type: t.literal('item_completed'),
      item: t.type({ type: t.keyof({ AgentMessage: null, Reasoning: null }) }),
    }),
  ]),
});

const Message = t.type({
  type: t.literal('response_item'),
  payload: t.type({ type: t.literal('message') }),
});
const Compaction = t.type({ type: t.literal('compacted') });
/** Records that may come between a summary and its compaction. */
const UsageInfo = t.union([
  t.type({ type: t.literal('token_usage_record') }),
  t.type({ type: t.literal('event_msg'), payload: t.type({ type: t.literal('token_count') }) }),
]);

/** Holds records of a rollout back until their place in the stream. */
export interface RecordBuffer {
  /** Adds the next record of the file. Returns the records that become due with it. */
  readonly add: (record: Parsed, completed: number) => Parsed[];
  /** Returns the held records that are due after `completed` messages and reasoning items. */
  readonly release: (completed: number) => Parsed[];
}

/**
 * Creates a buffer that keeps the records of a running turn in step with the streamed text.
 *
 * codex writes a message and the calls after it at once, but streams them one by one. Records after
 * the `completed`-th message or reasoning item are buffered until that item has been streamed. A
 * compaction writes its summary as messages that are never streamed (0.150.1 and 0.169.0): they
 * stop counting when the compaction record arrives. The messages with which a seeded thread begins
 * are dropped: they stand before the beginning of its first turn.
 */
export const createRecordBuffer = (isSeeded = false): RecordBuffer => {
  let hasBegun = !isSeeded;
  let held: Parsed[] = [];
  let passed = 0;
  let last: Parsed | undefined;
  const pass = (record: Parsed, completed: number): Parsed[] => {
    const isText = isStreamed(record);
    if (held.length > 0 || (isText && passed >= completed)) {
      held.push(record);
      return [];
    }
    if (isText) passed += 1;
    last = record;
    return [record];
  };
  const release = (completed: number): Parsed[] => {
    const records = held;
    held = [];
    return records.flatMap((record) => pass(record, completed));
  };
  return {
    add: (record, completed) => {
      hasBegun ||= is(TaskStarted, record);
      if (!hasBegun && is(Message, record)) return [];
      if (held.length === 0 || !is(Compaction, record)) return pass(record, completed);
      held = [...withoutSummary(held, last), record];
      return release(completed);
    },
    release,
  };
};

const is = (kind: t.Mixed, record: Parsed | undefined): boolean =>
  record?.type === 'json' && kind.is(record.value);

/**
 * The held records before a compaction, without the items of its summary. `previous` is the record
 * before them.
 */
const withoutSummary = (records: readonly Parsed[], previous: Parsed | undefined): Parsed[] => {
  const before = records.findLastIndex((record) => !is(TextItem, record) && !is(UsageInfo, record));
  const last = records[before] ?? previous;
  const streamed = is(TextEvent, last) && !is(AsyncMessage, last) ? before + 1 : before;
  return records.filter((record, nth) => nth <= streamed || !is(TextItem, record));
};
