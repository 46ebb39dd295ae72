import * as t from 'io-ts';
import type { ErrorKind } from '../../canonical/turn-event.js';

/** What an app-server says of a failure beside its text. */
export interface InfoKind {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  /** Whether the text may know better: the info covers several kinds. */
  readonly isVague: boolean;
}

const exact = (kind: ErrorKind, retryable = false): InfoKind => ({
  kind,
  retryable,
  isVague: false,
});
const vague = (kind: ErrorKind, retryable = false): InfoKind => ({
  kind,
  retryable,
  isVague: true,
});

/** The values of `codexErrorInfo`, 0.135.0 to 0.171.0; `other` and unknown ones say nothing. */
const KINDS: ReadonlyMap<string, InfoKind> = new Map([
  ['contextWindowExceeded', exact('context_window')],
  ['sessionBudgetExceeded', exact('quota')],
  // Credits, spend caps and plans too.
  ['usageLimitExceeded', vague('usage_limit')],
  ['rateLimitExceeded', exact('rate_limit', true)],
  ['flexUnavailable', exact('overloaded', true)],
  ['serverOverloaded', exact('overloaded', true)],
  ['policyCapacityUnavailable', exact('overloaded', true)],
  ['modelNotFound', exact('model_unsupported')],
  ['inferenceHookDenied', exact('content_filtered')],
  ['cyberPolicy', exact('content_filtered')],
  ['bioPolicy', exact('content_filtered')],
  ['misalignmentPolicyViolation', exact('content_filtered')],
  ['tooManyDenials', exact('content_filtered')],
  ['unauthorized', vague('auth')],
  ['badRequest', vague('invalid_request')],
  ['internalServerError', vague('overloaded', true)],
  ['httpConnectionFailed', vague('network', true)],
  ['responseStreamConnectionFailed', vague('network', true)],
  ['responseStreamDisconnected', vague('stream_interrupted', true)],
  ['responseTooManyFailedAttempts', vague('network', true)],
  ['sandboxError', vague('config')],
  ['activeTurnNotSteerable', exact('thread_busy', true)],
]);

const STATUS: ReadonlyMap<number, InfoKind> = new Map([
  [401, vague('auth')],
  [402, vague('quota')],
  [403, vague('auth')],
  [407, vague('auth')],
  [408, vague('network', true)],
  [429, vague('rate_limit', true)],
  [451, vague('auth')],
]);

const Details = t.partial({ httpStatusCode: t.number, http_status_code: t.number });

/**
 * The kind of a `codexErrorInfo`: a name, or an object with one name and its details. The status of
 * the details counts before a name that covers several kinds, and after an exact one. The rollout
 * writes the names in snake case.
 */
export const kindOfInfo = (info: unknown): InfoKind | undefined => {
  if (typeof info === 'string') return KINDS.get(camelCase(info));
  if (typeof info !== 'object' || info === null) return undefined;
  const [name = '', details]: [string?, unknown?] = Object.entries(info)[0] ?? [];
  const status = Details.is(details) ? (details.httpStatusCode ?? details.http_status_code) : null;
  const named = KINDS.get(camelCase(name));
  if (named?.isVague === false || typeof status !== 'number' || status < 400) return named;
  if (status >= 500) return vague('overloaded', true);
  return STATUS.get(status) ?? vague('invalid_request');
};

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
