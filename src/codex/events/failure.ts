import * as t from 'io-ts';
import type { ErrorKind, TurnError } from '../../canonical/turn-event.js';
import { redact } from '../../text/redact.js';

interface Rule {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly pattern: RegExp;
}

const rule = (kind: ErrorKind, retryable: boolean, pattern: RegExp): Rule => ({
  kind,
  retryable,
  pattern,
});

/**
 * A turn of an older codex on a thread of a newer one, which cannot be read by that any more
 * (facts/codex-app-server.md §2).
 */
const MIXED = /is missing an ordinal/i;
const HOW_MIXED =
  'an older codex has run a turn on this thread, and newer ones cannot read it since: go on with the older one, or remove .plexum-codex-session from the workspace to begin a new thread';

/**
 * What codex says, by its words: it gives no code (facts/codex-exec.md §6). The first rule that
 * fits counts, so the narrow ones stand before the wide ones. Both spellings of 0.135.0 and
 * 0.169.0; ’ is the apostrophe of the newer one.
 */
const rules: readonly Rule[] = [
  rule(
    'thread_lost',
    false,
    /no rollout found for thread id|rollout at .{0,500} is empty|does not start with session metadata|thread\/resume failed.{0,1000}did not contain valid UTF-8/i,
  ),
  rule('config', false, MIXED),
  rule('thread_busy', true, /already has an active writer/i),
  rule('prompt_too_large', false, /input_too_large|Input exceeds the maximum length/i),
  rule('mcp_startup', false, /required MCP servers failed to initialize/i),
  rule('usage_limit', false, /hit your usage limit|usage_limit_reached/i),
  rule('quota', false, /insufficient_quota|Quota exceeded|status 402/i),
  rule('context_window', false, /context_length_exceeded|context window/i),
  rule(
    'model_unsupported',
    false,
    /model_not_found|unsupported_model|model\b.{0,200} (does not exist|is not supported)|requires a newer version of Codex/i,
  ),
  rule('content_filtered', false, /content[_ ]filter|content_policy|was flagged|flagged as/i),
  rule(
    'auth',
    false,
    /status 40[13]\b|Unauthorized|Missing environment variable|not logged in|log(ged)? ?in again|refresh token|invalid_api_key|Incorrect API key/i,
  ),
  rule('rate_limit', true, /status:? 429|rate limit|rate_limit_exceeded|Too Many Requests/i),
  rule('overloaded', true, /high demand|at capacity|server_is_overloaded|status:? 50[0234]\b/i),
  rule(
    'network',
    true,
    /error sending request|Connection failed|dns error|connection refused|waiting for network/i,
  ),
  rule(
    'stream_interrupted',
    true,
    /stream disconnected|Incomplete response returned|stream closed/i,
  ),
  rule(
    'config',
    false,
    /Error loading config|config\.toml|error: (unexpected argument|invalid value|the argument|unrecognized subcommand|a value is required)/i,
  ),
  rule('config', false, /Not inside a trusted directory|codex home|CODEX_HOME points to/i),
  rule(
    'invalid_request',
    false,
    /invalid_request_error|status:? 4\d\d\b|Invalid UTF-8|No prompt provided/i,
  ),
];

const Body = t.partial({
  error: t.partial({ message: t.string, code: t.union([t.string, t.null]) }),
  detail: t.string,
});

/** The sentence in a JSON error body that codex passed on as it came, else the text itself. */
const readable = (text: string): string => {
  if (!text.trimStart().startsWith('{')) return text.replace(/^Error:(?: |$)/, '');
  try {
    const body: unknown = JSON.parse(text);
    return Body.is(body) ? (body.error?.message ?? body.detail ?? text) : text;
  } catch {
    return text;
  }
};

/**
 * Characters of the beginning and of the end of a message that are kept: a server may answer with a
 * page.
 */
const KEPT = 8_000;
const shortened = (text: string): string =>
  text.length <= 2 * KEPT ? text : `${text.slice(0, KEPT)} […] ${text.slice(-KEPT)}`.toWellFormed();

/** What decides whether a model is served, of which a refusal says nothing. */
export const WHAT_A_LOGIN_SERVES =
  'a ChatGPT login serves only its default model: remove the id from supported_models and model_args, or log codex in with an API key';

/** A codex that is too old for a model says what to do by itself. */
const hintOf = (kind: ErrorKind | undefined, text: string): string => {
  if (MIXED.test(text)) return ` (${HOW_MIXED})`;
  return kind === 'model_unsupported' && !/newer version of Codex/i.test(text)
    ? ` (${WHAT_A_LOGIN_SERVES})`
    : '';
};

const worded = (text: string): string =>
  `codex: ${text.trim() === '' ? 'failed, and gave no reason' : redact(shortened(text))}`;

/**
 * A failure as the host sees it. `given` is what codex said of it, in `turn.failed` or on stderr;
 * where no rule fits, the kind is `fallback` and the text is kept as it is.
 */
export const failure = (given: string, fallback: ErrorKind = 'internal'): TurnError => {
  const text = shortened(given);
  const found = rules.find(({ pattern }) => pattern.test(text));
  return {
    type: 'error',
    kind: found?.kind ?? fallback,
    message: worded(readable(text)) + hintOf(found?.kind, text),
    retryable: found?.retryable ?? fallback === 'process_died',
    ...(found !== undefined && LATER.has(found.kind) ? retryAfter(text) : {}),
  };
};

/** Kinds that pass with time. */
const LATER: ReadonlySet<ErrorKind> = new Set(['rate_limit', 'usage_limit', 'overloaded', 'quota']);

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

/** The time in "try again in 1h 20m", "in 3 days 2 hours", "after 1.5s". */
const retryAfter = (text: string): { readonly retry_after_ms?: number } => {
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

/** A failure that this plugin found by itself. */
export const ownFailure = (kind: ErrorKind, message: string, retryable = false): TurnError => ({
  type: 'error',
  kind,
  message: worded(message),
  retryable,
});
