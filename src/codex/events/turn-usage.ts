import { noUsage, type Usage } from '../../canonical/turn-event.js';
import { Total } from './codex-event.js';

/** codex's running total of a thread as canonical usage; what is missing or unfit is 0. */
export const totalUsage = (total: unknown): Usage =>
  Total.is(total)
    ? {
        input_tokens: tokens(total.input_tokens),
        cached_input_tokens: tokens(total.cached_input_tokens),
        output_tokens: tokens(total.output_tokens),
        reasoning_output_tokens: tokens(total.reasoning_output_tokens),
      }
    : noUsage;

const tokens = (given = 0): number => (Number.isSafeInteger(given) && given >= 0 ? given : 0);

/**
 * The tokens of one turn: the thread's total after it less the total before it. `codex exec`
 * reports only totals (facts/codex-exec.md §1). A total that shrank belongs to a thread that began
 * anew: then it is this turn's own.
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
