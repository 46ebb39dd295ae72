import * as t from 'io-ts';

/** Tokens as the app-server counts them. */
const Tokens = t.intersection([
  t.type({ inputTokens: t.number, outputTokens: t.number }),
  t.partial({ cachedInputTokens: t.number, reasoningOutputTokens: t.number }),
]);
export type Tokens = t.TypeOf<typeof Tokens>;

const Failure = t.type({ message: t.string });
/** What is no text is for the record only: it costs no item, whatever it is. */
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

const of = <M extends string, P extends t.Props>(method: M, props: P) =>
  t.type({ method: t.literal(method), params: t.type({ threadId: t.string, ...props }) });

/**
 * The notifications of `codex app-server` of which a turn is made (0.135.0, 0.150.1 and 0.169.0, facts/codex-app-server.md §1), with the fields that are read. All others are passed over.
 */
export const Notification = t.union([
  of('item/agentMessage/delta', { turnId: t.string, itemId: t.string, delta: t.string }),
  of('item/reasoning/summaryTextDelta', { turnId: t.string, itemId: t.string, delta: t.string }),
  of('item/reasoning/summaryPartAdded', { turnId: t.string, itemId: t.string, summaryIndex: t.number }),
  of('item/started', { turnId: t.string, item: Item }),
  of('item/completed', { turnId: t.string, item: Item }),
  of('turn/plan/updated', { turnId: t.string }),
  of('thread/tokenUsage/updated', { turnId: t.string, tokenUsage: t.type({ total: Tokens }) }),
  of('error', { turnId: t.string, error: Failure }),
  of('warning', { message: t.string }),
  of('turn/started', { turn: t.type({ id: t.string }) }),
  of('turn/completed', { turn: t.type({ id: t.string, status: t.string, error: t.union([Failure, t.null, t.undefined]) }) }),
]);
export type Notification = t.TypeOf<typeof Notification>;

/** The turn that a notification is about; nothing for one about its thread. */
export const turnOf = ({ params }: Notification): string | undefined => {
  if ('turn' in params) return params.turn.id;
  return 'turnId' in params ? params.turnId : undefined;
};
