import { expect, it } from 'vitest';
import { failure } from '../../../src/codex/events/failure.js';

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
])('the time to wait in %j is %s ms', (text, ms) => {
  expect(failure(text).retry_after_ms).toBe(ms);
});
