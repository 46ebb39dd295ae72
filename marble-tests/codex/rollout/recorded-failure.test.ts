import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../../src/canonical/turn-event.js';
import { failure } from '../../../src/codex/events/failure.js';
import { createRecordedFailure } from '../../../src/codex/rollout/recorded-failure.js';

const NOW = 1_000_000;
const record = (payload: unknown) =>
  ({ type: 'json', value: { type: 'event_msg', payload } }) as const;
const limits = record({
  type: 'token_count',
  info: null,
  rate_limits: { primary: { used_percent: 100, resets_at: 1_060 }, secondary: null },
});
const ended = (message: string, codex_error_info: unknown) =>
  record({ type: 'task_complete', error: { message, codex_error_info } });

const refine = (records: readonly ReturnType<typeof record>[], terminal: Terminal): Terminal => {
  const recorded = createRecordedFailure();
  for (const each of records) recorded.observe(each);
  return recorded.refine(terminal, NOW);
};
const said = (text: string) => failure(text, { now: NOW, timeZone: 'UTC' });

describe('createRecordedFailure', () => {
  it('adds the reset of the limit to a usage limit', () => {
    expect(refine([limits], said('You’ve hit your usage limit. Try again later.'))).toMatchObject({
      kind: 'usage_limit',
      retry_after_ms: 60_000,
    });
  });

  it('gives an unknown sentence the kind that codex recorded, and its advice', () => {
    const words = 'words of cyber_policy';
    expect(refine([ended(words, 'cyber_policy')], said(words))).toEqual({
      type: 'error',
      kind: 'content_filtered',
      message: `codex: ${words} (change the wording of the request)`,
      retryable: false,
    });
  });

  it('gives advice by the words of the message once', () => {
    const words = 'unable to open database file';
    const { message } = said(words);
    expect(
      refine([ended('stream closed', 'serverOverloaded')], {
        type: 'error',
        kind: 'internal',
        message,
        retryable: false,
      }),
    ).toMatchObject({ kind: 'overloaded', message });
  });

  it.each<[what: string, terminal: Terminal]>([
    ['a quota, which does not pass with time', said('budget reached')],
    ['a failure that codex does not name either', said('the moon is full')],
    ['a timeout', { type: 'error', kind: 'timeout', message: 'codex: late', retryable: true }],
  ])('does not change %s', (_what, terminal) => {
    expect(refine([limits, ended('the moon is full', 'other')], terminal)).toBe(terminal);
  });

  it('calls onLimits with the limits of each record', () => {
    const seen: unknown[] = [];
    const recorded = createRecordedFailure((each) => seen.push(each));
    recorded.observe(limits);
    recorded.observe(record({ type: 'token_count', info: null, rate_limits: null }));

    expect(seen).toEqual([{ primary: { used_percent: 100, resets_at: 1_060 }, secondary: null }]);
  });

  it('ignores a limit that has reset, malformed lines and other records', () => {
    const recorded = createRecordedFailure();
    recorded.observe({ type: 'malformed', reason: 'cut', sample: '' });
    recorded.observe(record({ type: 'token_count', info: null, rate_limits: null }));
    recorded.observe(limits);
    const terminal = said('You’ve hit your usage limit.');
    expect(recorded.refine(terminal, 2 * NOW)).toBe(terminal);
  });
});
