import * as t from 'io-ts';
import type { Codec, CodexItem } from './codex-item.js';

const ThreadStarted = t.type({ type: t.literal('thread.started'), thread_id: t.string });
const TurnStarted = t.intersection([
  t.type({ type: t.literal('turn.started') }),
  // From an app-server only.
  t.partial({ turn_id: t.unknown }),
]);

/** The thread's running total of tokens, over all its turns and processes. */
export const Total = t.intersection([
  t.type({ input_tokens: t.number, output_tokens: t.number }),
  t.partial({ cached_input_tokens: t.number, reasoning_output_tokens: t.number }),
]);
/** Its usage is decoded separately: an invalid usage must not lose the end of the turn. */
const TurnCompleted = t.intersection([
  t.type({ type: t.literal('turn.completed') }),
  t.partial({ usage: t.unknown }),
]);
const Failure = t.intersection([
  t.type({ message: t.string }),
  // From an app-server only; `resetsAt` is when its limit resets, in ms since the epoch.
  t.partial({ codexErrorInfo: t.unknown, resetsAt: t.number }),
]);
export type CodexFailure = t.TypeOf<typeof Failure>;
const TurnFailed = t.type({ type: t.literal('turn.failed'), error: Failure });
/**
 * An error that codex may recover from ("Reconnecting... 1/5"). Only `turn.failed` or the exit ends
 * the turn.
 */
const ErrorNotice = t.type({ type: t.literal('error'), message: t.string });

export type ItemStage = 'item.started' | 'item.updated' | 'item.completed';
export interface ItemEvent {
  readonly type: ItemStage;
  readonly item: CodexItem;
}

type PlainEvent =
  | t.TypeOf<typeof ThreadStarted>
  | t.TypeOf<typeof TurnStarted>
  | t.TypeOf<typeof TurnCompleted>
  | t.TypeOf<typeof TurnFailed>
  | t.TypeOf<typeof ErrorNotice>;

/** A line of `codex exec --json` (codex 0.135.0 to 0.169.0). */
export type CodexEvent = PlainEvent | ItemEvent;

export const eventCodecs: ReadonlyMap<string, Codec<PlainEvent>> = new Map<
  string,
  Codec<PlainEvent>
>([
  ['thread.started', ThreadStarted],
  ['turn.started', TurnStarted],
  ['turn.completed', TurnCompleted],
  ['turn.failed', TurnFailed],
  ['error', ErrorNotice],
]);

const stages: ReadonlyMap<string, ItemStage> = new Map<string, ItemStage>([
  ['item.started', 'item.started'],
  ['item.updated', 'item.updated'],
  ['item.completed', 'item.completed'],
]);
export const itemStage = (type: string): ItemStage | undefined => stages.get(type);
