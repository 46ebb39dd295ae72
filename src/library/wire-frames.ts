import * as t from 'io-ts';
import type { TurnEvent } from '../canonical/turn-event.js';
import { turnEventLetters } from '../marbles/alphabet.js';
import { method, notification } from '../plexum/methods.js';
import { guardCodec } from '../text/guard-codec.js';

/** The response to a request. */
export const ResultFrame = t.type({ id: t.number, result: t.UnknownRecord });
/** The error response to a request. */
export const ErrorFrame = t.type({
  id: t.number,
  error: t.intersection([
    t.type({ code: t.number, message: t.string }),
    t.partial({ data: t.unknown }),
  ]),
});
/** A log message of the plugin. */
export const LogFrame = t.type({
  method: t.literal('notifications/message'),
  params: t.type({ level: t.string, data: t.UnknownRecord }),
});
/** The plugin cancels one of its requests. */
export const CancelFrame = t.type({
  method: t.literal(notification.cancelled),
  params: t.type({ requestId: t.unknown }),
});
/** The plugin calls a tool of the host. */
export const ToolCallFrame = t.type({
  id: t.union([t.number, t.string]),
  method: t.literal(method.toolExecute),
  params: t.type({ agent_id: t.string, name: t.string, arguments: t.UnknownRecord }),
});

/** A log message of the plugin: its level, and its text with fields. */
export type LogMessage = t.TypeOf<typeof LogFrame>['params'];

const types: ReadonlySet<unknown> = new Set(Object.keys(turnEventLetters));
const isTurnEvent = (value: unknown): value is TurnEvent =>
  t.UnknownRecord.is(value) && types.has(value['type']);
const Event = guardCodec('a turn event', isTurnEvent);
/** An event of a turn. */
export const EventFrame = t.type({
  method: t.literal(notification.providerEvent),
  params: t.type({ request_id: t.number, event: Event }),
});
