import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../../../src/canonical/turn-event.js';
import { classify } from '../../../src/codex/events/failure.js';

const WORDS = 'the moon is full';

describe('classify', () => {
  it.each<[info: unknown, kind: ErrorKind, retryable: boolean]>([
    ['contextWindowExceeded', 'context_window', false],
    ['sessionBudgetExceeded', 'quota', false],
    ['usageLimitExceeded', 'usage_limit', false],
    ['rateLimitExceeded', 'rate_limit', true],
    ['flexUnavailable', 'overloaded', true],
    ['serverOverloaded', 'overloaded', true],
    ['modelNotFound', 'model_unsupported', false],
    ['policyCapacityUnavailable', 'overloaded', true],
    ['inferenceHookDenied', 'content_filtered', false],
    ['cyberPolicy', 'content_filtered', false],
    ['bioPolicy', 'content_filtered', false],
    ['misalignmentPolicyViolation', 'content_filtered', false],
    ['tooManyDenials', 'content_filtered', false],
    [{ httpConnectionFailed: { httpStatusCode: null } }, 'network', true],
    [{ httpConnectionFailed: { httpStatusCode: 401 } }, 'auth', false],
    [{ httpConnectionFailed: { httpStatusCode: 402 } }, 'quota', false],
    [{ httpConnectionFailed: { httpStatusCode: 403 } }, 'auth', false],
    [{ httpConnectionFailed: { httpStatusCode: 407 } }, 'auth', false],
    [{ httpConnectionFailed: { httpStatusCode: 408 } }, 'network', true],
    [{ httpConnectionFailed: { httpStatusCode: 451 } }, 'auth', false],
    [{ httpConnectionFailed: { httpStatusCode: 399 } }, 'network', true],
    [{ httpConnectionFailed: { httpStatusCode: 400 } }, 'invalid_request', false],
    [{ httpConnectionFailed: { httpStatusCode: 499 } }, 'invalid_request', false],
    [{ httpConnectionFailed: { httpStatusCode: 500 } }, 'overloaded', true],
    [{ httpConnectionFailed: { httpStatusCode: 529 } }, 'overloaded', true],
    [{ responseStreamConnectionFailed: { httpStatusCode: 418 } }, 'invalid_request', false],
    [{ responseStreamDisconnected: { httpStatusCode: null } }, 'stream_interrupted', true],
    [{ responseTooManyFailedAttempts: { httpStatusCode: 429 } }, 'rate_limit', true],
    [{ response_too_many_failed_attempts: { http_status_code: 429 } }, 'rate_limit', true],
    ['internalServerError', 'overloaded', true],
    ['unauthorized', 'auth', false],
    ['badRequest', 'invalid_request', false],
    ['sandboxError', 'config', false],
    [{ activeTurnNotSteerable: { turnKind: 'review' } }, 'thread_busy', true],
    ['cyber_policy', 'content_filtered', false],
    ['usage_limit_exceeded', 'usage_limit', false],
    ['other', 'internal', false],
    ['someNewName', 'internal', false],
    [undefined, 'internal', false],
    [null, 'internal', false],
    [{}, 'internal', false],
    [7, 'internal', false],
  ])('reads %j as %s, retryable %s', (info, kind, retryable) => {
    expect(classify(WORDS, info)).toMatchObject({ kind, retryable });
  });

  it('prefers an exact info to the words', () => {
    expect(classify('the model does not exist', 'cyberPolicy').kind).toBe('content_filtered');
  });

  it('prefers an exact info to the status of its details', () => {
    const details = { httpStatusCode: 500 };

    expect(classify(WORDS, { cyberPolicy: details }).kind).toBe('content_filtered');
    expect(classify(WORDS, { httpConnectionFailed: details }).kind).toBe('overloaded');
  });

  it('prefers the words to an info that covers several kinds, or none', () => {
    expect(classify('You are out of credits.', 'usageLimitExceeded').kind).toBe('quota');
    expect(classify('request timed out', 'other').kind).toBe('network');
  });
});
