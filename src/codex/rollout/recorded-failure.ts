import * as t from 'io-ts';
import type { ErrorKind, Terminal, TurnError } from '../../canonical/turn-event.js';
import type { Parsed } from '../../lines/parse-json.js';
import { adviceFor, splitStep } from '../events/advice.js';
import { classify } from '../events/failure.js';
import { resetOf } from '../events/rate-limits.js';

/** From 0.135 on: the limits after a request, also after a refused one. */
const Limits = t.type({
  type: t.literal('event_msg'),
  payload: t.type({ type: t.literal('token_count'), rate_limits: t.UnknownRecord }),
});

/** The end of a failed turn, from 0.169 on. */
const Failed = t.type({
  type: t.literal('event_msg'),
  payload: t.type({
    type: t.literal('task_complete'),
    error: t.type({ message: t.string, codex_error_info: t.unknown }),
  }),
});

/** Kinds that the plugin itself finds, whatever codex recorded. */
const OWN: ReadonlySet<string> = new Set(['timeout', 'process_died']);

/**
 * What the rollout knows of a failure beside its text, which is all that `codex exec` prints: the
 * `codex_error_info`, and when the limit resets. `refine` adds it to the error of the turn; `now`
 * is in milliseconds since the epoch. Any other event stays the same. Calls `onLimits` with the
 * limits of each record that has some.
 */
export const createRecordedFailure = (onLimits?: (limits: unknown) => void) => {
  let resetsAt: number | undefined;
  let error: { readonly message: string; readonly codex_error_info: unknown } | undefined;
  return {
    observe: (record: Parsed): void => {
      if (record.type === 'malformed') return;
      if (Limits.is(record.value)) {
        const { rate_limits } = record.value.payload;
        resetsAt = resetOf(rate_limits) ?? resetsAt;
        onLimits?.(rate_limits);
      } else if (Failed.is(record.value)) error = record.value.payload.error;
    },
    refine: (terminal: Terminal, now: number): Terminal => {
      if (terminal.type !== 'error' || OWN.has(terminal.kind)) return terminal;
      const known = error && classify(error.message, error.codex_error_info);
      const refined =
        known?.isKnown === true && known.kind !== terminal.kind
          ? { ...terminal, ...withKind(terminal, known.kind), retryable: known.retryable }
          : terminal;
      return refined.kind === 'usage_limit' && resetsAt !== undefined && resetsAt > now
        ? { ...refined, retry_after_ms: Math.ceil(resetsAt - now) }
        : refined;
    },
  };
};

/** The kind, and the message with what to do about it. */
const withKind = (error: TurnError, kind: ErrorKind) => {
  const { reason } = splitStep(error);
  return { kind, message: reason + adviceFor(kind, reason) };
};
