import * as t from 'io-ts';
import type { ErrorKind, TurnError } from '../../canonical/turn-event.js';
import { redact } from '../../text/redact.js';
import { MIXED_VERSIONS, ruleFor } from './failure-rules.js';

/**
 * The error event for a message of codex, from `turn.failed` or from stderr. When no rule matches,
 * the kind is `fallback` and the message keeps its text.
 */
export const failure = (message: string, fallback: ErrorKind = 'internal'): TurnError => {
  const text = shorten(message);
  const rule = ruleFor(text);
  return {
    type: 'error',
    kind: rule?.kind ?? fallback,
    message: format(readable(text)) + hintFor(rule?.kind, text),
    retryable: rule?.retryable ?? fallback === 'process_died',
    ...(rule !== undefined && TEMPORARY.has(rule.kind) ? retryAfter(text) : {}),
  };
};

/** The error event for a failure that the plugin itself found. */
export const ownFailure = (kind: ErrorKind, message: string, retryable = false): TurnError => ({
  type: 'error',
  kind,
  message: format(message),
  retryable,
});

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

/** What to do about an unsupported model. The refusal itself does not mention it. */
export const WHAT_A_LOGIN_SERVES =
  'a ChatGPT login serves only its default model: remove the id from supported_models and model_args, or log codex in with an API key';

const MIXED_VERSIONS_HINT =
  'an older codex has run a turn on this thread, and newer ones cannot read it since: go on with the older one, or remove .plexum-codex-session from the workspace to begin a new thread';

const hintFor = (kind: ErrorKind | undefined, text: string): string => {
  if (MIXED_VERSIONS.test(text)) return ` (${MIXED_VERSIONS_HINT})`;
  // The message for a codex that is too old says what to do.
  return kind === 'model_unsupported' && !/newer version of Codex/i.test(text)
    ? ` (${WHAT_A_LOGIN_SERVES})`
    : '';
};

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['milli', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const SPAN =
  /\b(?:again|retry|resets?)\b.{0,20}?\b(?:in|after)\s+((?:[\d.]+\s*(?:ms|milliseconds?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?|d|days?)(?![a-z])[\s,]*(?:and\s+)?)+)/i;

/** The delay that a message names, as in "try again in 1h 20m" or "retry after 1.5s". */
export const retryAfter = (text: string): { readonly retry_after_ms?: number } => {
  const [, span = ''] = SPAN.exec(text) ?? [];
  const parts = [...span.matchAll(/([\d.]+)\s*(ms|milli|[smhd])/gi)];
  const ms = Math.ceil(
    parts.reduce(
      (sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS.get(unit.toLowerCase()) ?? 0),
      0,
    ),
  );
  return ms > 0 && Number.isSafeInteger(ms) ? { retry_after_ms: ms } : {};
};
