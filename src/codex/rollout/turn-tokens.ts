import * as t from 'io-ts';
import type { ContextUse, TurnContext } from '../../canonical/turn-event.js';
import { addUsage, type RecordedTokens, totalUsage } from '../events/turn-usage.js';
import { TokenCount, UsageRecord } from './rollout-record.js';

/** The tokens in the records of a turn, and what they say of its context. */
export type TurnTokens = RecordedTokens & TurnContext;

/** The summary that replaces the history, whether codex or a person has asked for it. */
const Compacted = t.type({ type: t.literal('compacted') });

/** The tokens of the last request, and the window of its model. */
const Context = t.type({
  last_token_usage: t.type({ total_tokens: t.number }),
  model_context_window: t.number,
});

/** The tokens of a turn of this thread after its next record (0.135.0 to 0.171.0). */
export const nextTokens = (tokens: TurnTokens, record: unknown, threadId: string): TurnTokens => {
  if (UsageRecord.is(record)) {
    const { thread_id, usage } = record.payload;
    return thread_id === threadId
      ? { ...tokens, spent: addUsage(tokens.spent, totalUsage(usage)) }
      : tokens;
  }
  if (TokenCount.is(record)) {
    const { info } = record.payload;
    return { ...tokens, total: totalUsage(info.total_token_usage), ...contextOf(info) };
  }
  return Compacted.is(record) ? { ...tokens, compacted: true } : tokens;
};

/** Nothing for counts that are no tokens. */
const contextOf = (info: unknown): { readonly context?: ContextUse } => {
  if (!Context.is(info)) return {};
  const { last_token_usage, model_context_window: window_tokens } = info;
  const used_tokens = last_token_usage.total_tokens;
  const isCounted = [used_tokens, window_tokens - 1].every(
    (count) => Number.isSafeInteger(count) && count >= 0,
  );
  return isCounted ? { context: { used_tokens, window_tokens } } : {};
};

/** What the end of a turn says of the context of its thread. */
export const turnContext = ({ context, compacted }: TurnTokens): TurnContext => ({
  ...(context === undefined ? {} : { context }),
  ...(compacted === undefined ? {} : { compacted }),
});
