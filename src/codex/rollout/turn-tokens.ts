import * as t from 'io-ts';
import type { ContextUse, TurnContext, Usage } from '../../canonical/turn-event.js';
import { addUsage, type RecordedTokens, totalUsage } from '../events/turn-usage.js';
import { TaskStarted, TokenCount, UsageRecord } from './rollout-record.js';

/** The tokens in the records of a turn, and what they say of its context. */
export interface TurnTokens extends RecordedTokens, TurnContext {
  /** The thread's total when the turn began, where earlier records have come late. */
  readonly before?: Usage | undefined;
}

/** The summary that replaces the history, whether codex or a person has asked for it. */
const Compacted = t.type({ type: t.literal('compacted') });

/** The tokens of the last request, and the window of its model. */
const Context = t.type({
  last_token_usage: t.type({ total_tokens: t.number }),
  model_context_window: t.number,
});

/** A running total that says only that the window is full. */
const FullTotal = t.type({
  total_token_usage: t.type({
    input_tokens: t.literal(0),
    output_tokens: t.literal(0),
    total_tokens: t.number,
  }),
});

/**
 * The tokens of a turn of this thread after its next record (0.135.0 to 0.171.0). They begin anew
 * where the turn `turnId` begins: an app-server writes what a full disk has refused before the
 * records of its next turn. A goal begins turns of other ids behind it.
 */
export const nextTokens = (
  tokens: TurnTokens,
  record: unknown,
  threadId: string,
  turnId?: unknown,
): TurnTokens => {
  if (UsageRecord.is(record)) {
    const { thread_id, usage } = record.payload;
    return thread_id === threadId
      ? { ...tokens, spent: addUsage(tokens.spent, totalUsage(usage)) }
      : tokens;
  }
  if (TokenCount.is(record)) {
    const { info } = record.payload;
    const total = totalUsage(info.total_token_usage);
    const context = contextOf(info);
    if (context === undefined) return { ...tokens, total };
    if (!isFull(info, context, tokens)) return { ...tokens, total, context };
    const { window_tokens } = context;
    return {
      ...tokens,
      total: tokens.total ?? total,
      context: { used_tokens: window_tokens, window_tokens },
    };
  }
  if (TaskStarted.is(record) && record.payload.turn_id === turnId)
    return { before: tokens.total ?? tokens.before };
  return Compacted.is(record) ? { ...tokens, compacted: true } : tokens;
};

/**
 * Whether codex records a full window: the total begins anew with the window as its sum, and
 * `last_token_usage` is only the difference. A compaction keeps that total, and counts the summary.
 */
const isFull = (
  info: unknown,
  { used_tokens, window_tokens }: ContextUse,
  { compacted }: TurnTokens,
): boolean =>
  FullTotal.is(info) &&
  info.total_token_usage.total_tokens === window_tokens &&
  (compacted === undefined || used_tokens === 0);

/** `undefined` for counts that are no tokens. */
const contextOf = (info: unknown): ContextUse | undefined => {
  if (!Context.is(info)) return undefined;
  const { last_token_usage, model_context_window: window_tokens } = info;
  const used_tokens = last_token_usage.total_tokens;
  const isCounted = [used_tokens, window_tokens - 1].every(
    (count) => Number.isSafeInteger(count) && count >= 0,
  );
  return isCounted ? { used_tokens, window_tokens } : undefined;
};

/** What the end of a turn says of the context of its thread. */
export const turnContext = ({ context, compacted }: TurnTokens): TurnContext => ({
  ...(context === undefined ? {} : { context }),
  ...(compacted === undefined ? {} : { compacted }),
});
