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

const CLOCK =
  /\b(?:again|resets?)\b.{0,20}?\bat\s+(?:([A-Z][a-z]{2,8})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4}),?\s+)?(\d{1,2}):(\d{2})\s*([AP])M\b/i;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A time of day that lies no longer back than this has just passed. */
const JUST_PASSED_MS = 3_600_000;

/** The moment at which a message is read. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** `TZ` of codex's process; without it, the zone of this process. */
  readonly timeZone?: string | undefined;
}

/** The delay until the time that a message names, 0 for a time that has passed; empty without. */
export const retryAfter = (text: string, moment: Moment): { readonly retry_after_ms?: number } => {
  const delay = Math.ceil(span(text));
  if (delay > 0) return Number.isSafeInteger(delay) ? { retry_after_ms: delay } : {};
  const time = clockTime(text, moment);
  return time === undefined ? {} : { retry_after_ms: Math.max(0, time + MINUTE_MS - moment.now) };
};

/** The delay in "try again in 1h 20m" or "retry after 1.5s", in milliseconds. */
const span = (text: string): number => {
  const [, parts = ''] = SPAN.exec(text) ?? [];
  return [...parts.matchAll(/([\d.]+)\s*(ms|milli|[smhd])/gi)].reduce(
    (sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS.get(unit.toLowerCase()) ?? 0),
    0,
  );
};

/**
 * The minute in "try again at 4:28 PM" or "at Dec 2nd, 2026 3:28 PM". codex names the day only when
 * it is another one; so a bare time is the next one, or the last one if that has just passed.
 */
const clockTime = (text: string, { now, timeZone }: Moment): number | undefined => {
  const [, month, day, year, hour = '', minute = '', half = ''] = CLOCK.exec(text) ?? [];
  if (hour === '' || Number(hour) > 12 || Number(minute) > 59) return undefined;
  const hours = (Number(hour) % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  const ofDay = (hours * 60 + Number(minute)) * MINUTE_MS;
  const offset = offsetIn(timeZone);
  const earliest = now - JUST_PASSED_MS;
  if (month !== undefined) {
    const index = MONTHS.indexOf(month.slice(0, 3).toLowerCase());
    if (index === -1) return undefined;
    return instant(Date.UTC(Number(year), index, Number(day)) + ofDay, offset, earliest);
  }
  const today = Math.floor((now + offset(now)) / DAY_MS) * DAY_MS;
  return [today - DAY_MS, today, today + DAY_MS]
    .map((date) => instant(date + ofDay, offset, earliest))
    .find((time) => time >= earliest);
};

type Offset = (time: number) => number;

/**
 * The moment of a local time. A time that the end of summer time repeats is the first one after
 * `earliest`; one that its beginning skips is read as if it had not begun.
 */
const instant = (local: number, offset: Offset, earliest: number): number => {
  const before = local - offset(local - DAY_MS);
  const after = local - offset(local + DAY_MS);
  const times = [before, after].filter((time) => time + offset(time) === local);
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.find((time) => time >= earliest) ?? sorted.at(-1) ?? before;
};

/** The offset of a zone from UTC in milliseconds, by time; of this process for an unknown zone. */
const offsetIn = (timeZone = ''): Offset => {
  const name = timeZone.replace(/^:/, '').replace(/^.*\/zoneinfo\//, '');
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name === '' ? undefined : name,
      timeZoneName: 'longOffset',
    });
    return (time) => {
      const zone = format.formatToParts(time).find(({ type }) => type === 'timeZoneName');
      const [, sign = '+', h = '0', m = '0', s = '0'] =
        /GMT([+-])(\d+)(?::(\d+))?(?::(\d+))?/.exec(zone?.value ?? '') ?? [];
      return (sign === '-' ? -1_000 : 1_000) * (Number(h) * 3_600 + Number(m) * 60 + Number(s));
    };
  } catch {
    return name === '' ? () => 0 : offsetIn();
  }
};
