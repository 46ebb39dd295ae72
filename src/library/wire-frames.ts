import * as t from 'io-ts';
import type { TurnEvent } from '../canonical/turn-event.js';
import { method, notification } from '../plexum/methods.js';

/** The frames of the plugin that a host reads. */
export const Answer = t.type({ id: t.number, result: t.UnknownRecord });
export const Refusal = t.type({
  id: t.number,
  error: t.intersection([
    t.type({ code: t.number, message: t.string }),
    t.partial({ data: t.unknown }),
  ]),
});
export const LogFrame = t.type({
  method: t.literal('notifications/message'),
  params: t.type({ level: t.string, data: t.UnknownRecord }),
});
export const CancelFrame = t.type({
  method: t.literal(notification.cancelled),
  params: t.type({ requestId: t.unknown }),
});
export const ToolFrame = t.type({
  id: t.union([t.number, t.string]),
  method: t.literal(method.toolExecute),
  params: t.type({ agent_id: t.string, name: t.string, arguments: t.UnknownRecord }),
});

/** What the plugin logs: a message, with its fields. */
export type LogMessage = t.TypeOf<typeof LogFrame>['params'];

const types: ReadonlySet<unknown> = new Set<TurnEvent['type']>([
  'message_start',
  'text_delta',
  'thinking_delta',
  'tool_call_start',
  'tool_call_delta',
  'tool_call_end',
  'tool_result',
  'message_end',
  'error',
]);
const isTurnEvent = (value: unknown): value is TurnEvent =>
  t.UnknownRecord.is(value) && types.has(value['type']);
const Event = new t.Type<TurnEvent, unknown, unknown>(
  'a turn event',
  isTurnEvent,
  (value, context) => (isTurnEvent(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
);
export const EventFrame = t.type({
  method: t.literal(notification.providerEvent),
  params: t.type({ request_id: t.number, event: Event }),
});
