import type { MessageEnd, TurnError } from '../../canonical/turn-event.js';

/** The message and kind of an error, and whether to try again. */
export const errorWords = ({
  message,
  kind,
  retryable,
  retry_after_ms: after,
}: TurnError): string => {
  const again = after === undefined ? 'it may be tried again' : `try again in ${seconds(after)}`;
  return `${message} (${kind}; ${retryable ? again : 'trying again will not help'})`;
};

/** The tokens, the context and the duration of a turn. `ms` is the duration. */
export const endWords = (
  { stop_reason, usage, context, compacted }: MessageEnd,
  ms: number,
): string => {
  const tokens = `${number(usage.input_tokens)} tokens in (${number(usage.cached_input_tokens)} cached), ${number(usage.output_tokens)} out`;
  const full =
    context === undefined
      ? ''
      : `, context ${Math.round((100 * context.used_tokens) / context.window_tokens)} % of ${number(context.window_tokens)}${compacted === true ? ' after a compaction' : ''}`;
  return `${stop_reason === 'cancelled' ? 'cancelled, ' : ''}${tokens}${full}, ${seconds(ms)}`;
};

/** A duration in whole seconds; from one minute on, in minutes and seconds. */
export const seconds = (ms: number): string => {
  const whole = Math.round(ms / 1_000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
};

const number = (count: number): string => count.toLocaleString('en-US');
