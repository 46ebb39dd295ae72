import * as t from 'io-ts';
import type { ErrorKind, TurnError } from '../../canonical/turn-event.js';
import { redact } from '../../text/redact.js';
import { adviceFor, inParentheses, SAYS_IT } from './advice.js';
import { kindOfInfo } from './error-info.js';
import { ruleFor } from './failure-rules.js';
import { type Moment, retryAfter } from './retry-after.js';
import { shortageStep } from './word-steps.js';

/** What is known of a failure beside its text. */
export interface FailureContext extends Moment {
  /** The `codexErrorInfo` of an app-server or of the rollout. */
  readonly info?: unknown;
  /** When the limit resets, in milliseconds since the epoch. */
  readonly resetsAt?: number | undefined;
}

/**
 * The error event for a message of codex, from `turn.failed` or from stderr. `info` counts before
 * the words, unless it is vague and the words match a rule. What neither knows is `internal` and
 * not retryable. The message says what to do.
 */
export const failure = (message: string, context: FailureContext): TurnError => {
  const { kind, retryable, isKnown } = classify(message, context.info);
  const text = shorten(message);
  return {
    type: 'error',
    kind,
    message: format(readable(text)) + adviceFor(kind, readable(text)),
    retryable,
    ...(isKnown && TEMPORARY.has(kind) ? delayOf(kind, text, context) : {}),
  };
};

interface Classified {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  /** Whether a rule or the info names the kind. */
  readonly isKnown: boolean;
}

/** The kind of a message of codex, with its `codexErrorInfo` if there is one. */
export const classify = (message: string, info?: unknown): Classified => {
  const told = kindOfInfo(info);
  const known = told?.isVague === false ? told : (ruleFor(shorten(message)) ?? told);
  return known === undefined
    ? { kind: 'internal', retryable: false, isKnown: false }
    : { kind: known.kind, retryable: known.retryable, isKnown: true };
};

/** codex's own time counts before the words, which are rounded to a minute. */
const delayOf = (kind: ErrorKind, text: string, context: FailureContext) => {
  const { resetsAt, now } = context;
  return kind === 'usage_limit' && resetsAt !== undefined && resetsAt > now
    ? { retry_after_ms: Math.ceil(resetsAt - now) }
    : retryAfter(text, context);
};

/** Whether a message says itself what to do. */
export const saysStep = (message: string): boolean =>
  OWN_STEP.test(message) || SAYS_IT.test(message);

/** Words by which a message of the plugin says itself what to do. */
const OWN_STEP =
  /\b(?:install it|update (?:it|the plugin)|create (?:it|the folder)|shorten it|send it again|take it out|change the|ask your)\b/;

/**
 * The error event for a failure that the plugin itself found. A message that does not say what to
 * do gets the advice for its kind; one after which another try may succeed, only what to do about a
 * resource that has run out.
 */
export const ownFailure = (kind: ErrorKind, message: string, retryable = false): TurnError => ({
  type: 'error',
  kind,
  message: format(message) + ownAdvice(kind, message, retryable),
  retryable,
});

const ownAdvice = (kind: ErrorKind, message: string, retryable: boolean): string => {
  if (retryable) return inParentheses(shortageStep(message));
  return OWN_STEP.test(message) ? '' : adviceFor(kind, message);
};

/** Kinds that pass with time. Their messages may name a delay. */
const TEMPORARY: ReadonlySet<ErrorKind> = new Set([
  'rate_limit',
  'usage_limit',
  'overloaded',
  'quota',
]);

const format = (text: string): string =>
  `codex: ${text.trim() === '' ? 'failed, and gave no reason' : redact(shorten(text))}`;

/** Characters that are kept at each end of a message: a server may answer with a whole page. */
const KEPT = 8_000;
const shorten = (text: string): string =>
  text.length <= 2 * KEPT ? text : `${text.slice(0, KEPT)} […] ${text.slice(-KEPT)}`.toWellFormed();

const Body = t.partial({
  error: t.partial({ message: t.string, code: t.union([t.string, t.null]) }),
  detail: t.string,
});

/** The message in the JSON error body of a server, which codex passes on; otherwise the text. */
const readable = (text: string): string => {
  if (!text.trimStart().startsWith('{')) return text.replace(/^Error:(?: |$)/, '');
  try {
    const body: unknown = JSON.parse(text);
    return Body.is(body) ? (body.error?.message ?? body.detail ?? text) : text;
  } catch {
    return text;
  }
};
