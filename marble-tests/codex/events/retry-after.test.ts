import { describe, expect, it } from 'vitest';
import { failure } from '../../../src/codex/events/failure.js';
import { retryAfter } from '../../../src/codex/events/retry-after.js';

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
])('failure reads the delay in %j as %s ms', (text, ms) => {
  expect(failure(text).retry_after_ms).toBe(ms);
});

describe('retryAfter', () => {
  it.each([
    ['try again in 20s', 20_000],
    ['retry after 1 second', 1_000],
    ['resets in 2 min', 120_000],
    ['again in 3 milliseconds', 3],
    ['again in 1 day, 2 hours and 3 minutes', 93_780_000],
    ['AGAIN IN 5S', 5_000],
    ['again in 0.0004s', 1],
  ])('reads %j as %i ms', (text, ms) => {
    expect(retryAfter(text)).toEqual({ retry_after_ms: ms });
  });

  it.each([
    'in 20s',
    'again later',
    'again in 20 parsecs',
    'again in 0s',
    'again in 1.2.3s',
    'again in 9999999999999999 d',
  ])('finds no delay in %j', (text) => {
    expect(retryAfter(text)).toEqual({});
  });
});
