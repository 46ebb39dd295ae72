import { describe, expect, it } from 'vitest';
import { retryAfter } from '../../../src/codex/events/retry-after.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('retryAfter, for a span', () => {
  it.each([
    ['try again in 20s', 20_000],
    ['retry after 1 second', 1_000],
    ['resets in 2 min', 120_000],
    ['again in 3 milliseconds', 3],
    ['again in 1 day, 2 hours and 3 minutes', 93_780_000],
    ['AGAIN IN 5S', 5_000],
    ['again in 0.0004s', 1],
  ])('reads %j as %i ms', (text, ms) => {
    expect(retryAfter(text, { now: 0 })).toEqual({ retry_after_ms: ms });
  });

  it.each([
    'in 20s',
    'again later',
    'again in 20 parsecs',
    'again in 0s',
    'again in 1.2.3s',
    'again in 9999999999999999 d',
    'again at 13:61 PM',
    'again at 13:10 PM',
    'again at Foo 2nd, 2026 3:28 PM',
  ])('finds no delay in %j', (text) => {
    expect(retryAfter(text, { now: 0, timeZone: 'UTC' })).toEqual({});
  });
});

type Clock = readonly [text: string, now: string, timeZone: string, ms: number];

describe('retryAfter, for a local time', () => {
  it.each<Clock>([
    ['or try again at 4:28 PM.', '2026-12-01T15:00:00Z', 'UTC', 89 * MINUTE],
    ['Try again at 4:28 PM.', '2026-12-01T15:00:00Z', 'Europe/Berlin', 29 * MINUTE],
    ['try again at 12:05 AM', '2026-12-01T23:00:00Z', 'UTC', 66 * MINUTE],
    ['try again at 12:05 PM', '2026-12-01T11:00:00Z', 'UTC', 66 * MINUTE],
    ['resets at 4:28 pm', '2026-12-01T16:28:30Z', 'UTC', MINUTE / 2],
  ])('waits to the end of the minute: %j at %s in %s', (text, now, timeZone, ms) => {
    expect(retryAfter(text, { now: Date.parse(now), timeZone })).toEqual({ retry_after_ms: ms });
  });

  it.each<Clock>([
    ['try again at 4:28 PM', '2026-12-01T16:30:00Z', 'UTC', 0],
    ['try again at 4:28 PM', '2026-12-01T17:28:00Z', 'UTC', 0],
    ['try again at 11:50 PM', '2026-12-02T00:10:00Z', 'UTC', 0],
    ['try again at 4:28 PM', '2026-12-01T17:30:00Z', 'UTC', 22 * HOUR + 59 * MINUTE],
    ['try again at 4:28 AM', '2026-12-01T17:28:00Z', 'UTC', 11 * HOUR + MINUTE],
  ])('is 0 up to an hour after a bare time, and names tomorrow later: %j at %s', (...clock) => {
    const [text, now, timeZone, ms] = clock;
    expect(retryAfter(text, { now: Date.parse(now), timeZone })).toEqual({ retry_after_ms: ms });
  });

  it.each<Clock>([
    ['at Dec 2nd, 2026 3:28 PM', '2026-12-01T15:28:00Z', 'UTC', 24 * HOUR + MINUTE],
    ['at Dec 2nd, 2026 3:28 PM', '2026-12-01T15:28:00Z', 'America/New_York', 29 * HOUR + MINUTE],
    ['at Jan 1st, 2027 12:00 AM', '2026-12-31T23:00:00Z', 'UTC', HOUR + MINUTE],
    ['at December 23rd, 2026 3:28 PM', '2026-12-22T15:28:00Z', 'UTC', 24 * HOUR + MINUTE],
    ['at Dec 2nd, 2026 3:28 PM', '2026-12-03T15:28:00Z', 'UTC', 0],
  ])('reads a day: again %j at %s in %s', (text, now, timeZone, ms) => {
    const again = `try again ${text}.`;
    expect(retryAfter(again, { now: Date.parse(now), timeZone })).toEqual({ retry_after_ms: ms });
  });

  // Summer time in Berlin: 2026-03-29 02:00 to 2026-10-25 03:00.
  it.each<Clock>([
    ['at 3:28 AM', '2026-03-29T00:30:00Z', 'Europe/Berlin', 59 * MINUTE],
    ['at 2:30 AM', '2026-03-29T00:30:00Z', 'Europe/Berlin', 61 * MINUTE],
    ['at 3:28 AM', '2026-10-24T23:28:00Z', 'Europe/Berlin', 3 * HOUR + MINUTE],
    ['at 2:30 AM', '2026-10-24T23:30:00Z', 'Europe/Berlin', HOUR + MINUTE],
    ['at 2:30 AM', '2026-10-25T01:30:00Z', 'Europe/Berlin', 0],
    ['at 2:30 AM', '2026-10-25T01:45:00Z', 'Europe/Berlin', 0],
    ['at Mar 29th, 2026 9:00 AM', '2026-03-28T08:00:00Z', 'Europe/Berlin', 23 * HOUR + MINUTE],
  ])('knows summer time: again %j at %s in %s', (text, now, timeZone, ms) => {
    const again = `try again ${text}`;
    expect(retryAfter(again, { now: Date.parse(now), timeZone })).toEqual({ retry_after_ms: ms });
  });

  it.each([':Europe/Berlin', '/usr/share/zoneinfo/Europe/Berlin'])('knows the zone %j', (zone) => {
    const now = Date.parse('2026-12-01T15:00:00Z');
    expect(retryAfter('again at 4:28 PM', { now, timeZone: zone })).toEqual({
      retry_after_ms: 29 * MINUTE,
    });
  });

  it.each([undefined, '', 'Nowhere/Land'])('takes its own zone for %j', (timeZone) => {
    const date = new Date(2026, 11, 1, 15, 0);
    expect(retryAfter('again at 4:28 PM', { now: date.getTime(), timeZone })).toEqual({
      retry_after_ms: 89 * MINUTE,
    });
  });
});
