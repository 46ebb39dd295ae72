import type { ErrorKind } from '../../canonical/turn-event.js';

/** A kind of failure, and the pattern of its messages. */
export interface FailureRule {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly pattern: RegExp;
}

const rule = (kind: ErrorKind, retryable: boolean, pattern: RegExp): FailureRule => ({
  kind,
  retryable,
  pattern,
});

/** An older codex has run a turn on the thread, and a newer one cannot read it any more. */
export const MIXED_VERSIONS = /is missing an ordinal/i;

/**
 * codex reports errors as text without a code (see src/codex/README.md). The first matching rule
 * counts, so narrow rules come before wide ones. The patterns match the wording of 0.135.0 and of
 * 0.169.0.
 */
const rules: readonly FailureRule[] = [
  // Our own words, see UnansweredError.
  rule('timeout', true, /^codex app-server did not answer /),
  rule(
    'thread_lost',
    false,
    /no rollout found for thread id|rollout at .{0,500} is empty|does not start with session metadata|thread\/resume failed.{0,1000}did not contain valid UTF-8/i,
  ),
  rule('config', false, MIXED_VERSIONS),
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

/** The rule for a message of codex. */
export const ruleFor = (text: string): FailureRule | undefined =>
  rules.find(({ pattern }) => pattern.test(text));
