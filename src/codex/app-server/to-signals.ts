import { defer, type OperatorFunction } from 'rxjs';
import { emitAll } from '../../streams/emit-all.js';
import type { CodexFailure, ItemStage } from '../events/codex-event.js';
import type { CodexSignal, TextPiece } from '../events/signal.js';
import { execItem, UNPRINTED } from './exec-item.js';
import { hookSignals } from './hook-run.js';
import type { Item, NotifiedError, ServerNotification, Tokens } from './notification.js';
import { createStreamedText, type Piece } from './streamed-text.js';

/**
 * Turns the notifications of one turn into the signals of `codex exec`, with messages in pieces.
 *
 * ```
 * app-server  S--a--a--A--i---I--u-C     a a delta  A a completed message  i, I a command  u tokens
 * emits       S--p--p--A--i---I--o-C     p a piece  A the item, after a piece with the missing text
 *                                        o response.over  C turn.completed, or turn.failed
 * ```
 *
 * Emits the signals of a notification at once, `alive` for one without any. `turn.completed` has
 * the total usage of the thread. Completes, fails and is unsubscribed with the source. Each
 * subscription has its own state.
 */
export const toSignals = (): OperatorFunction<ServerNotification, CodexSignal> => (notification$) =>
  defer(() => {
    const turn: Turn = {
      messages: createStreamedText(),
      thoughts: createStreamedText(),
      total: undefined,
    };
    return notification$.pipe(
      emitAll((notification) => {
        const signals = signalsOf(turn, notification);
        const isSilent = signals.length === 0 && notification.method !== 'turn/completed';
        return isSilent ? [ALIVE] : signals;
      }),
    );
  });

const ALIVE = { type: 'alive' } as const;

interface Turn {
  readonly messages: ReturnType<typeof createStreamedText>;
  readonly thoughts: ReturnType<typeof createStreamedText>;
  total: Tokens | undefined;
}

const signalsOf = (turn: Turn, { method, params }: ServerNotification): CodexSignal[] => {
  switch (method) {
    case 'turn/started':
      return [{ type: 'turn.started', turn_id: params.turn.id }];
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
        for (const text of [turn.messages, turn.thoughts]) text.close();
      return itemSignals('item.started', params.item);
    case 'item/completed':
      return completionSignals(turn, params.item);
    case 'turn/plan/updated':
      return [{ type: 'item.updated', item: PLAN }];
    case 'thread/tokenUsage/updated':
      turn.total = params.tokenUsage.total;
      // Arrives at the end of each response (measured on 0.135.0 and 0.169.0).
      return [{ type: 'response.over' }];
    case 'error':
      return [{ type: 'error', message: errorText(params.error) }];
    case 'hook/completed':
      return hookSignals(params.run);
    case 'warning':
      return [{ type: 'item.completed', item: { type: 'error', message: params.message } }];
    case 'turn/completed':
      return endSignals(turn, params.turn);
    case 'odd':
      return [{ type: 'unrecognised', kind: params.kind }];
    case 'alive':
      return [];
  }
};

/** The words of `codex exec`: `Reconnecting... 1/5 (the reason)`. */
const errorText = ({ message, additionalDetails }: NotifiedError): string =>
  additionalDetails ? `${message} (${additionalDetails})` : message;

/** Items with text: a retry may bring them before the abandoned message again. */
const TEXT: ReadonlySet<string> = new Set(['agentMessage', 'reasoning']);

/** A turn has one plan. */
const PLAN = { id: 'plan', type: 'todo_list' } as const;

/** Stands between the parts of a summary, as in `codex exec`. */
const PART = '\n';

const pieces = (item: TextPiece['item'], piece: Piece | undefined): CodexSignal[] =>
  piece === undefined ? [] : [{ type: 'item.piece', item, ...piece }];

const completionSignals = (turn: Turn, item: Item): CodexSignal[] => {
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

/** An interrupted turn has no signal of its own: `exited` reports it. */
const endSignals = (
  { total }: Turn,
  { status, error }: { readonly status: string; readonly error?: NotifiedError | null | undefined },
): CodexSignal[] => {
  if (status === 'interrupted') return [];
  if (status === 'completed')
    return [{ type: 'turn.completed', usage: total === undefined ? undefined : totalOf(total) }];
  return [{ type: 'turn.failed', error: failureOf(status, error) }];
};

const failureOf = (status: string, error: NotifiedError | null | undefined): CodexFailure => {
  if (error === null || error === undefined) return { message: `the turn ended as ${status}` };
  const { message, codexErrorInfo } = error;
  return codexErrorInfo === undefined ? { message } : { message, codexErrorInfo };
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
