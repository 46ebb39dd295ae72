import type { ErrorKind } from '../../canonical/turn-event.js';
import { AUTH, CONFIG, INVALID_REQUEST } from './failure-words.js';
import { MIXED_VERSIONS, NO_DATABASE } from './word-steps.js';

/** A kind of failure, and the pattern of its messages. */
export interface FailureRule {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly pattern: RegExp;
}

const rule = (
  kind: ErrorKind,
  retryable: boolean,
  ...patterns: readonly RegExp[]
): FailureRule => ({
  kind,
  retryable,
  pattern: new RegExp(patterns.map(({ source }) => source).join('|'), 'i'),
});

/**
 * The sentences of codex's errors, from the error enums of 0.135.0 to 0.171.0 and from what servers
 * answer (src/codex/README.md, errors). The first matching rule counts, so narrow rules come before
 * wide ones.
 */
const rules: readonly FailureRule[] = [
  // Our own words, see UnansweredError.
  rule('timeout', true, /^codex app-server did not answer /),
  // Our own words, see refusalOf.
  rule('config', false, /^the sandbox (?:is|may be) weaker than asked/),
  rule(
    'thread_lost',
    false,
    /no rollout found for thread id|rollout at .{0,500} is empty|does not start with session metadata/,
    /(?:thread\/resume failed|failed to read thread).{0,1000}did not contain valid UTF-8|\b(?:session|thread) \S{1,100} is archived/,
    /no thread with id|thread not found|failed to locate rollout|No saved session found|(?:read thread|rollout path) .{0,2000}(?:file does not exist|is a directory)/,
    /failed to read session metadata(?!.{0,2000}os error)|belongs to thread \S{1,100}, expected|a canonical rollout filename/,
  ),
  rule('config', false, ...MIXED_VERSIONS, ...NO_DATABASE),
  rule('internal', true, /No space left on device|disk quota exceeded|database or disk is full/),
  rule(
    'thread_busy',
    true,
    /already has an active (?:writer|turn|or pending turn)|database is locked|is closing; retry/,
  ),
  rule('invalid_request', false, /invalid cwd/),
  rule('prompt_too_large', false, /input_too_large|Input exceeds the maximum length/),
  rule('mcp_startup', false, /required MCP servers failed to initialize/),
  rule(
    'quota',
    false,
    /insufficient_quota|Quota exceeded|status:? 402|out of credits|hit your spend cap|credits_depleted/,
    /upgrade to Plus: |usage[_ ]not[_ ]included|session budget|budget[_ ]reached|(?:spend|usage)_limit_exceeded/,
    /spend limit|billing_hard_limit/,
  ),
  rule('usage_limit', false, /hit your usage limit|usage_limit_reached|reached your usage limit/),
  rule('context_window', false, /context_length_exceeded|context window/),
  rule(
    'model_unsupported',
    false,
    /model_not_found|unsupported_model|model not found|requires a newer version of Codex/,
    /model\b.{0,200} (?:does not exist|is not supported)|access program (?:cannot be used with|is not enabled)/,
  ),
  rule(
    'content_filtered',
    false,
    /content[_ ]filter|content[_ ]policy|(?:was|been) flagged|flagged as|policy violation|(?:cyber|bio)[_ ]policy/,
    /for safety reasons|safety system|inference hook (?:blocked|denied)|denied by Guardian|interrupted by Guardian/,
  ),
  // A refresh fails for the login with a 4xx, and for the network or the server otherwise.
  rule(
    'network',
    true,
    /Failed to refresh token: (?!4(?!08|29)\d\d\b|.{0,200}(?:log in|sign in|invalid_grant|expired|revoked|already used))/,
  ),
  rule('auth', false, ...AUTH),
  rule('rate_limit', true, /status:? 429|rate[_ ]limit|Too Many Requests/),
  rule(
    'overloaded',
    true,
    /high demand|high load|at capacity|capacity (?:is )?unavailable|server (?:is )?overloaded|server_is_overloaded/,
    /status:? 5\d\d\b|thread limit reached|\(os error (?:11|12|23|24)\)|slow_down/,
    /unable to open database file|application network policy is unavailable/,
  ),
  rule(
    'network',
    true,
    /error sending request|Connection failed|connection (?:reset|refused)|dns error|waiting for network/,
    /timed out (?:waiting for|refreshing) cloud|Failed to (?:load|fetch) cloud|request timed out|status:? 408/,
  ),
  rule(
    'stream_interrupted',
    true,
    /stream disconnected|Incomplete response returned|stream (?:error|closed)|reading the server response/,
    /expected exactly one compaction output|idle timeout waiting|^Reconnecting/,
    /closed by server|connection limit reached|SSE Error/,
  ),
  rule(
    'process_died',
    true,
    /agent loop died|panicked at|turn (?:was interrupted|aborted)|interrupted \(Ctrl-C\)/,
    /^codex app-server (?:(?:exited with|was ended by) [^:]*: *$|said nothing)/,
  ),
  rule('config', false, ...CONFIG),
  rule('invalid_request', false, ...INVALID_REQUEST),
  rule(
    'internal',
    true,
    /waiting for child process|child stdout\/stderr not captured|session configured event/,
    /sandbox (?:error|denied)|command (?:timed out|was killed by a signal)/,
  ),
];

/** The rule for a message of codex. */
export const ruleFor = (text: string): FailureRule | undefined =>
  rules.find(({ pattern }) => pattern.test(text));
