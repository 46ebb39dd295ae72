import { noUsage, type Terminal, type Usage } from '../../canonical/turn-event.js';
import { Total } from './codex-event.js';

/** codex's running total of a thread as canonical usage. A missing or invalid counter is 0. */
export const totalUsage = (total: unknown): Usage =>
  Total.is(total)
    ? {
        input_tokens: tokens(total.input_tokens),
        cached_input_tokens: tokens(total.cached_input_tokens),
        output_tokens: tokens(total.output_tokens),
        reasoning_output_tokens: tokens(total.reasoning_output_tokens),
      }
    : noUsage;

const tokens = (count = 0): number => (Number.isSafeInteger(count) && count >= 0 ? count : 0);

/**
 * The tokens of one turn: the thread's total after the turn minus its total before. `codex exec`
 * reports only totals (see src/codex/README.md). A total that shrank belongs to a new thread and
 * counts in full.
 */
export const turnUsage = (after: Usage, before: Usage = noUsage): Usage => {
  const shrank =
    after.input_tokens < before.input_tokens || after.output_tokens < before.output_tokens;
  const from = shrank ? noUsage : before;
  return {
    input_tokens: after.input_tokens - from.input_tokens,
    cached_input_tokens: Math.max(0, after.cached_input_tokens - from.cached_input_tokens),
    output_tokens: after.output_tokens - from.output_tokens,
    reasoning_output_tokens: Math.max(
      0,
      after.reasoning_output_tokens - from.reasoning_output_tokens,
    ),
  };
};

/** The sum of two usages. */
export const addUsage = (a: Usage = noUsage, b: Usage = noUsage): Usage => ({
  input_tokens: a.input_tokens + b.input_tokens,
  cached_input_tokens: a.cached_input_tokens + b.cached_input_tokens,
  output_tokens: a.output_tokens + b.output_tokens,
  reasoning_output_tokens: a.reasoning_output_tokens + b.reasoning_output_tokens,
});

/** The tokens in the records of a turn. */
export interface RecordedTokens {
  /** The sum of its usage records. */
  readonly spent?: Usage;
  /** The last running total of the thread. */
  readonly total?: Usage;
}

/**
 * The usage of the turn when the records have it. A failed turn without usage gets none; a
 * completed one keeps its own where records are missing and the total before it is known.
 */
export const recordedUsage = (
  { spent, total }: RecordedTokens,
  before: Usage | undefined,
  terminal: Terminal,
  isPartial: boolean,
): { readonly usage?: Usage } => {
  const isTold = terminal.type === 'message_end' && terminal.stop_reason === 'end_turn';
  if (isPartial && isTold && before !== undefined) return {};
  const growth = total && before && turnUsage(total, before);
  const usage = spent ?? growth;
  const isUnused = usage?.input_tokens === 0 && usage.output_tokens === 0;
  return usage === undefined || (terminal.type === 'error' && isUnused) ? {} : { usage };
};
