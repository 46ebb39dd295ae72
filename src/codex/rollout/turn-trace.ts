import * as t from 'io-ts';
import type { TurnTrace } from '../events/silent-end.js';
import { isChangeOfInstructions } from '../instructions.js';
import { Call, TaskStarted, TokenCount, UsageRecord } from './rollout-record.js';

export const NO_TRACE: TurnTrace = {
  isInstructed: false,
  hasBegun: false,
  hasPrompt: false,
  hasAnswer: false,
  hasEnded: false,
};

/** The last record of a turn that completed, failed or was interrupted (0.135.0 to 0.171.0). */
const TaskEnded = t.type({
  type: t.literal('event_msg'),
  payload: t.type({ type: t.keyof({ task_complete: null, turn_aborted: null }) }),
});

const Prompt = t.type({
  type: t.literal('event_msg'),
  payload: t.union([
    t.type({ type: t.literal('user_message') }),
    t.type({
      type: t.literal('item_completed'),
      item: t.type({ type: t.literal('UserMessage') }),
    }),
  ]),
});

/** A message that was injected; see `openingItems`. */
const Injected = t.type({
  type: t.literal('response_item'),
  payload: t.type({
    type: t.literal('message'),
    role: t.literal('developer'),
    content: t.tuple([t.type({ text: t.string })]),
  }),
});

/** The messages that codex writes into a thread before a turn are of other roles. */
const Answer = t.union([
  TokenCount,
  UsageRecord,
  t.type({ type: t.literal('event_msg'), payload: t.type({ type: t.literal('agent_message') }) }),
  t.type({
    type: t.literal('response_item'),
    payload: t.union([
      t.type({ type: t.literal('message'), role: t.literal('assistant') }),
      t.type({
        type: t.keyof({ reasoning: null, image_generation_call: null, web_search_call: null }),
      }),
      Call,
    ]),
  }),
]);

/** What is known of a turn after its next record. */
export const nextTrace = (trace: TurnTrace, record: unknown): TurnTrace => {
  if (!trace.hasBegun && TaskStarted.is(record)) return { ...trace, hasBegun: true };
  if (!trace.hasBegun && Injected.is(record))
    return isChangeOfInstructions(record.payload.content[0].text)
      ? { ...trace, isInstructed: true }
      : trace;
  if (trace.hasBegun && TaskEnded.is(record)) return { ...trace, hasEnded: true };
  if (!trace.hasPrompt && Prompt.is(record)) return { ...trace, hasPrompt: true };
  return !trace.hasAnswer && Answer.is(record) ? { ...trace, hasAnswer: true } : trace;
};
