import { defer, mergeMap, type OperatorFunction } from 'rxjs';
import type { ItemStage } from '../events/codex-event.js';
import type { CodexSignal, TextPiece } from '../events/signal.js';
import { execItem, UNPRINTED } from './exec-item.js';
import type { Item, ServerNotification, Tokens } from './notification.js';
import { createStreamedText, type Piece } from './streamed-text.js';

/**
 * The notifications of one turn as the signals that `codex exec` would have given, with its
 * messages in pieces.
 *
 * ```
 * app-server  S--a--a--A--i---I--u-C     S turn/started  a a delta  A its message, whole  i,I a command  u the tokens  C turn/completed
 * emits       S--p--p--A--i---I--o-C     p a piece  A with what is missing, often nothing  o response.over  C turn.completed with the thread's total, or turn.failed
 * ```
 *
 * Emits, completes, fails and is unsubscribed with the source; each subscription begins anew.
 */
export const toSignals = (): OperatorFunction<ServerNotification, CodexSignal> => (notification$) =>
  defer(() => {
    const turn: Turn = {
      messages: createStreamedText(),
      thoughts: createStreamedText(),
      total: undefined,
    };
    return notification$.pipe(mergeMap((notification) => signalsOf(turn, notification)));
  });

interface Turn {
  readonly messages: ReturnType<typeof createStreamedText>;
  readonly thoughts: ReturnType<typeof createStreamedText>;
  total: Tokens | undefined;
}

const signalsOf = (turn: Turn, { method, params }: ServerNotification): CodexSignal[] => {
  switch (method) {
    case 'turn/started':
      return [{ type: 'turn.started' }];
    case 'item/agentMessage/delta':
      return pieces('agent_message', turn.messages.delta(params.itemId, params.delta));
    case 'item/reasoning/summaryTextDelta':
      return pieces('reasoning', turn.thoughts.delta(params.itemId, params.delta));
    case 'item/reasoning/summaryPartAdded':
      return params.summaryIndex === 0
        ? []
        : pieces('reasoning', turn.thoughts.delta(params.itemId, PART));
    case 'item/started':
      if (!TEXT.has(params.item.type))
        for (const text of [turn.messages, turn.thoughts]) text.closed();
      return itemSignals('item.started', params.item);
    case 'item/completed':
      return completed(turn, params.item);
    case 'turn/plan/updated':
      return [{ type: 'item.updated', item: PLAN }];
    case 'thread/tokenUsage/updated':
      turn.total = params.tokenUsage.total;
      // It comes with the end of each response (measured on 0.135.0 and 0.169.0).
      return [{ type: 'response.over' }];
    case 'error':
      return [{ type: 'error', message: params.error.message }];
    case 'warning':
      return [{ type: 'item.completed', item: { type: 'error', message: params.message } }];
    case 'turn/completed':
      return ended(turn, params.turn);
    case 'odd':
      return [{ type: 'unrecognised', kind: params.kind }];
  }
};

/** A try that began anew may bring these again, before the message that was given up. */
const TEXT: ReadonlySet<string> = new Set(['agentMessage', 'reasoning']);

/** A turn has one. */
const PLAN = { id: 'plan', type: 'todo_list' } as const;

/** Between the parts of a summary; `codex exec` prints them so. */
const PART = '\n';

const pieces = (item: TextPiece['item'], piece: Piece | undefined): CodexSignal[] =>
  piece === undefined ? [] : [{ type: 'item.piece', item, ...piece }];

const completed = (turn: Turn, item: Item): CodexSignal[] => {
  const rest =
    item.type === 'agentMessage'
      ? pieces('agent_message', turn.messages.completed(item.id, item.text ?? ''))
      : item.type === 'reasoning'
        ? pieces('reasoning', turn.thoughts.completed(item.id, (item.summary ?? []).join(PART)))
        : [];
  return [...rest, ...itemSignals('item.completed', item)];
};

const itemSignals = (type: ItemStage, item: Item): CodexSignal[] => {
  const printed = execItem(item);
  if (printed !== undefined) return [{ type, item: printed }];
  return type === 'item.completed' && !UNPRINTED.has(item.type)
    ? [{ type: 'unrecognised', kind: `item ${item.type.slice(0, 80)}` }]
    : [];
};

/** An interrupted turn has no end of its own: whoever interrupted it tells. */
const ended = (
  { total }: Turn,
  {
    status,
    error,
  }: { readonly status: string; readonly error?: { readonly message: string } | null | undefined },
): CodexSignal[] => {
  if (status === 'interrupted') return [];
  if (status === 'completed')
    return [{ type: 'turn.completed', usage: total === undefined ? undefined : totalOf(total) }];
  return [
    { type: 'turn.failed', error: { message: error?.message ?? `the turn ended as ${status}` } },
  ];
};

const totalOf = ({
  inputTokens,
  cachedInputTokens = 0,
  outputTokens,
  reasoningOutputTokens = 0,
}: Tokens) => ({
  input_tokens: inputTokens,
  cached_input_tokens: cachedInputTokens,
  output_tokens: outputTokens,
  reasoning_output_tokens: reasoningOutputTokens,
});
