import * as t from 'io-ts';
import { resetOf } from '../events/rate-limits.js';
import { HookRun } from './hook-run.js';

/** Tokens as the app-server counts them. */
const Tokens = t.intersection([
  t.type({ inputTokens: t.number, outputTokens: t.number }),
  t.partial({ cachedInputTokens: t.number, reasoningOutputTokens: t.number }),
]);
export type Tokens = t.TypeOf<typeof Tokens>;

const NotifiedError = t.intersection([
  t.type({ message: t.string }),
  t.partial({ additionalDetails: t.union([t.string, t.null]), codexErrorInfo: t.unknown }),
]);
export type NotifiedError = t.TypeOf<typeof NotifiedError>;
/** Fields that only the record shows are not checked: a wrong type loses no item. */
const Item = t.intersection([
  t.type({ type: t.string, id: t.string }),
  t.partial({
    text: t.string,
    summary: t.array(t.string),
    command: t.unknown,
    exitCode: t.unknown,
    changes: t.unknown,
    server: t.unknown,
    namespace: t.unknown,
    tool: t.unknown,
    query: t.unknown,
    receiverThreadIds: t.unknown,
    status: t.unknown,
  }),
]);
export type Item = t.TypeOf<typeof Item>;

const notification = <M extends string, P extends t.Props>(method: M, props: P) =>
  t.type({ method: t.literal(method), params: t.type({ threadId: t.string, ...props }) });

const read = [
  notification('item/agentMessage/delta', { turnId: t.string, itemId: t.string, delta: t.string }),
  notification('item/reasoning/summaryTextDelta', {
    turnId: t.string,
    itemId: t.string,
    delta: t.string,
  }),
  notification('item/reasoning/summaryPartAdded', {
    turnId: t.string,
    itemId: t.string,
    summaryIndex: t.number,
  }),
  notification('item/started', { turnId: t.string, item: Item }),
  notification('item/completed', { turnId: t.string, item: Item }),
  notification('turn/plan/updated', { turnId: t.string }),
  notification('thread/tokenUsage/updated', {
    turnId: t.string,
    tokenUsage: t.type({ total: Tokens }),
  }),
  notification('error', { turnId: t.string, error: NotifiedError }),
  notification('hook/completed', { turnId: t.union([t.string, t.null]), run: HookRun }),
  notification('warning', { message: t.string }),
  notification('turn/started', { turn: t.type({ id: t.string }) }),
  notification('turn/completed', {
    turn: t.type({
      id: t.string,
      status: t.string,
      error: t.union([NotifiedError, t.null, t.undefined]),
    }),
  }),
] as const;
const Read = t.union([...read]);

/** A notification of an unknown kind or shape. It may have been a part of the turn. */
interface Odd {
  readonly method: 'odd';
  readonly params: { readonly threadId: string; readonly kind: string };
}

/** Any other notification of a thread: a sign of life. */
interface Alive {
  readonly method: 'alive';
  readonly params: { readonly threadId: string };
}

/**
 * The notifications of `codex app-server` that make up a turn, with the fields that are read
 * (0.135.0, 0.150.1 and 0.169.0; src/codex/README.md, notifications of the app-server).
 */
export type ServerNotification = t.TypeOf<typeof Read> | Odd | Alive;

/**
 * Notifications of items and turns that are signs of life and no more: another notification or the
 * rollout holds the same. The list covers the protocols of all three versions.
 */
const IGNORED = new Set([
  'item/autoApprovalReview/completed',
  'item/autoApprovalReview/started',
  'item/commandExecution/outputDelta',
  'item/commandExecution/terminalInteraction',
  'item/fileChange/outputDelta',
  'item/fileChange/patchUpdated',
  'item/mcpToolCall/progress',
  'item/plan/delta',
  'item/reasoning/textDelta',
  'turn/diff/updated',
  'turn/moderationMetadata',
]);

const OfThread = t.type({ method: t.string, params: t.type({ threadId: t.string }) });

/** The notification of a thread in a frame; `undefined` for another frame. */
export const notificationOf = (frame: unknown): ServerNotification | undefined => {
  if (Read.is(frame)) return frame;
  if (!OfThread.is(frame)) return undefined;
  const {
    method,
    params: { threadId },
  } = frame;
  const isRead = read.some((codec) => codec.props.method.value === method);
  const isUnknown = /^(item|turn)\//.test(method) && !IGNORED.has(method);
  return isRead || isUnknown
    ? { method: 'odd', params: { threadId, kind: `notification ${method.slice(0, 80)}` } }
    : { method: 'alive', params: { threadId } };
};

/** The turn of a notification; `undefined` when it concerns the whole thread. */
export const turnOf = ({ params }: ServerNotification): string | undefined => {
  if ('turn' in params) return params.turn.id;
  return 'turnId' in params ? (params.turnId ?? undefined) : undefined;
};

const Limits = t.type({
  method: t.literal('account/rateLimits/updated'),
  params: t.type({ rateLimits: t.UnknownRecord }),
});

/** When the limit of the account resets, if the frame says it; see `resetOf`. */
export const resetIn = (frame: unknown): number | undefined =>
  Limits.is(frame) ? resetOf(frame.params.rateLimits) : undefined;

const IdleThread = t.type({
  method: t.literal('thread/status/changed'),
  params: t.type({ threadId: t.string, status: t.type({ type: t.literal('idle') }) }),
});

/** The thread that has become idle, if the frame says it. */
export const idleThreadIn = (frame: unknown): string | undefined =>
  IdleThread.is(frame) ? frame.params.threadId : undefined;
