import * as t from 'io-ts';
import type * as canonical from '../canonical/turn-event.js';

const Usage = t.type({ input_tokens: t.number, cached_input_tokens: t.number, output_tokens: t.number, reasoning_output_tokens: t.number });

const withOptional = <R extends t.Props, O extends t.Props>(required: R, optional: O) => t.intersection([t.type(required), t.partial(optional)]);

/** The codecs of the events, by their `type`. */
const events: ReadonlyMap<string, t.Mixed> = new Map<string, t.Mixed>([
  ['message_start', withOptional({ model: t.string }, { thread_id: t.string })],
  ['text_delta', t.type({ text: t.string })],
  ['thinking_delta', t.type({ text: t.string })],
  ['tool_call_start', withOptional({ id: t.string, name: t.string }, { namespace: t.string })],
  ['tool_call_delta', t.type({ id: t.string, arguments: t.string })],
  ['tool_call_end', t.type({ id: t.string })],
  ['tool_result', t.type({ id: t.string, output: t.string, is_error: t.boolean })],
  ['message_end', t.type({ stop_reason: t.keyof({ end_turn: null, cancelled: null }), usage: Usage, thread_id: t.string })],
  ['error', withOptional({ kind: t.string, message: t.string, retryable: t.boolean }, { retry_after_ms: t.number, usage: Usage })],
]);

const Tagged = t.type({ type: t.string });

const isEvent = (value: unknown): value is canonical.TurnEvent => Tagged.is(value) && events.get(value.type)?.is(value) === true;

/** A canonical event that was written down. The `kind` of an error may be one that a later version adds. */
export const TurnEvent = new t.Type<canonical.TurnEvent, canonical.TurnEvent, unknown>(
  'a canonical event',
  isEvent,
  (value, context) => (isEvent(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
);
