import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../../../src/canonical/turn-event.js';
import { adviceFor, splitStep } from '../../../src/codex/events/advice.js';
import { failure, ownFailure } from '../../../src/codex/events/failure.js';
import { WHAT_A_LOGIN_SERVES } from '../../../src/codex/events/failure-steps.js';

const AT = { now: 0, timeZone: 'UTC' };
/** The message of a failure: the text, and what to do unless the text says it. */
const advised = (kind: ErrorKind, text: string): string => `codex: ${text}${adviceFor(kind, text)}`;

const unsupported = "The 'gpt-5.4' model is not supported when using Codex with a ChatGPT account.";

describe('the message of failure', () => {
  it('keeps 16,000 characters', () => {
    const text = 'x '.repeat(8_000);
    expect(failure(text, AT).message).toBe(advised('internal', text));
  });

  it('keeps 8,000 characters at each end of a longer one', () => {
    const [start, end] = ['x '.repeat(4_000), 'y '.repeat(4_000)];
    expect(failure(`${start}z${end}`, AT).message).toBe(advised('internal', `${start} […] ${end}`));
  });
});

describe('failure', () => {
  it.each<[string, ErrorKind, boolean]>([
    ['Quota exceeded. Check your plan and billing details.', 'quota', false],
    ['Selected model is at capacity. Please try a different model.', 'overloaded', true],
    ['unexpected status 403 Forbidden: no, url: http://localhost/v1/responses', 'auth', false],
    [
      'unexpected status 413 Payload Too Large: no, url: http://localhost/v1/responses',
      'invalid_request',
      false,
    ],
    [
      'unexpected status 502 Bad Gateway: no, url: http://localhost/v1/responses',
      'overloaded',
      true,
    ],
    [
      'unexpected status 504 Gateway Timeout: no, url: http://localhost/v1/responses',
      'overloaded',
      true,
    ],
    ['rate limit exceeded: slow down', 'rate_limit', true],
    ['stream disconnected before completion: Rate limit reached for gpt-5', 'rate_limit', true],
    [
      'stream disconnected before completion: stream closed before response.completed',
      'stream_interrupted',
      true,
    ],
    ['Incomplete response returned, reason: content_filter', 'content_filtered', false],
    ['Missing environment variable: `FAKE_KEY`.', 'auth', false],
    [
      'Reconnecting... waiting for network (Connection failed: error sending request)',
      'network',
      true,
    ],
    ["error: unexpected argument '--nope' found", 'config', false],
    [
      'Not inside a trusted directory and --skip-git-repo-check was not specified.',
      'config',
      false,
    ],
    ['No prompt provided via stdin.', 'invalid_request', false],
    [
      'thread-store internal error: /r.jsonl does not start with session metadata',
      'thread_lost',
      false,
    ],
    [
      "The 'gpt-5.4' model requires a newer version of Codex. Please upgrade.",
      'model_unsupported',
      false,
    ],
  ])('classifies %j', (text, kind, retryable) => {
    expect(failure(text, AT)).toEqual({
      type: 'error',
      kind,
      message: advised(kind, text),
      retryable,
    });
  });

  it.each([
    unsupported,
    `{"type":"error","status":400,"error":{"type":"invalid_request_error","message":"${unsupported}"}}`,
    `{"detail":"${unsupported}"}`,
  ])('adds what a login serves to the message %j', (text) => {
    expect(failure(text, AT)).toEqual({
      type: 'error',
      kind: 'model_unsupported',
      message: `codex: ${unsupported} (${WHAT_A_LOGIN_SERVES})`,
      retryable: false,
    });
    expect(WHAT_A_LOGIN_SERVES).toMatch(
      /ChatGPT login serves only its default model.*supported_models and model_args.*API key/,
    );
  });

  it.each<[string, string, ErrorKind]>([
    [
      '{"error":{"message":"No.","type":"invalid_request_error","code":null}}',
      'No.',
      'invalid_request',
    ],
    ['{"detail":"Not logged in"}', 'Not logged in', 'auth'],
  ])('extracts the message from %j', (body, sentence, kind) => {
    expect(failure(body, AT)).toMatchObject({
      kind,
      message: advised(kind, sentence),
      retryable: false,
    });
  });

  it.each(['the moon is full', '{"error":null}', '{"cut', '[1]'])(
    'keeps the unknown message %j',
    (text) => {
      expect(failure(text, AT)).toEqual({
        ...ownFailure('internal', text),
        message: advised('internal', text),
      });
    },
  );

  it.each([
    ['Rate limit reached for gpt-5.5. Please try again in 20s.', 20_000],
    ['rate limit exceeded: Please try again in 1.5s. Visit the page', 1_500],
    ['rate limit exceeded: please retry after 250ms', 250],
    [
      "You've hit your usage limit. Upgrade to Pro or try again in 3 days 2 hours 5 minutes.",
      266_700_000,
    ],
    ['You’ve hit your usage limit. Try again in 1h 20m.', 4_800_000],
    ['You’ve hit your usage limit. Your limit resets in 2 hours and 30 minutes.', 9_000_000],
    ['rate limit exceeded: try again later', undefined],
    ['exceeded retry limit, last status: 429 Too Many Requests', undefined],
    ['try again in 20s', undefined],
  ])('reads the delay in %j as %s ms', (text, ms) => {
    expect(failure(text, AT).retry_after_ms).toBe(ms);
  });
});

describe('splitStep', () => {
  it.each([
    'Permission denied (os error 13)',
    'failed to read /x: Permission denied (os error 13)',
    'CODEX_HOME points to "/x", but that path does not exist',
    'unknown configuration field `x`',
    'No space left on device (os error 28)',
  ])('takes off the step that was added to %s', (text) => {
    const { reason, step } = splitStep(failure(text, { now: 0 }));
    expect(reason).toBe(`codex: ${text}`);
    expect(step).toMatch(/^\w/);
  });
});
