import * as t from 'io-ts';
import { asyncScheduler } from 'rxjs';
import type { Log, LogLevel } from '../../canonical/notice.js';
import { type LimitWindow, resetWords, windowsOf, windowWords } from './rate-limits.js';

/** A threshold that the account has crossed, for the log. */
export interface LimitNote {
  readonly level: LogLevel;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Takes limits as codex reports them; `now` is in milliseconds since the epoch. */
export type WatchLimits = (limits: unknown, now: number) => LimitNote[];

/** Percent, the highest first, with the level of its message. */
const THRESHOLDS: readonly (readonly [percent: number, level: LogLevel])[] = [
  [95, 'warning'],
  [80, 'notice'],
];

/** A window whose use falls that far below a noted threshold, in percent, has begun anew. */
const FALL = 10;

/** The most windows that are remembered. An account has a few. */
const MAX_WINDOWS = 100;

const Named = t.partial({
  limit_id: t.union([t.string, t.null]),
  limitId: t.union([t.string, t.null]),
});

/** What was noted of a window. */
interface Noted {
  readonly percent: number;
  readonly resetsAt?: number | undefined;
}

/**
 * Creates a function that returns a note for each window of the limits that has crossed a threshold
 * (80 and 95 percent) for the first time since the window began, and only the highest one.
 */
export const createLimitWatch = (): WatchLimits => {
  const noted = new Map<string, Noted>();
  return (limits, now) => {
    const id = (Named.is(limits) ? (limits.limit_id ?? limits.limitId) : undefined) ?? 'codex';
    return windowsOf(limits).flatMap((window) => {
      // codex repeats the last limits that it knew.
      if (window.resetsAt !== undefined && window.resetsAt <= now) return [];
      const key = `${id} ${window.name} ${window.minutes}`;
      const last = noted.get(key);
      const isNew = last === undefined || hasBegunAnew(last, window, now);
      if (isNew) noted.delete(key);
      const crossed = THRESHOLDS.find(([percent]) => window.usedPercent >= percent);
      if (crossed === undefined) return [];
      const [percent, level] = crossed;
      if (!isNew && percent <= last.percent) return [];
      if (noted.size >= MAX_WINDOWS) noted.clear();
      noted.set(key, { percent, resetsAt: window.resetsAt });
      return [noteOf(id, window, level)];
    });
  };
};

/** Returns a function that logs what `watchLimits` returns, at the time of the call. */
export const logLimits =
  ({ watchLimits, log }: { readonly watchLimits?: WatchLimits | undefined; readonly log: Log }) =>
  (limits: unknown): void => {
    for (const { level, msg, fields } of watchLimits?.(limits, asyncScheduler.now()) ?? [])
      log(level, msg, fields);
  };

const hasBegunAnew = ({ percent, resetsAt }: Noted, window: LimitWindow, now: number): boolean =>
  (resetsAt !== undefined && now >= resetsAt) || window.usedPercent < percent - FALL;

const noteOf = (limit: string, window: LimitWindow, level: LogLevel): LimitNote => {
  const resets_at = resetWords(window);
  const reset = resets_at === undefined ? '' : `; it resets at ${resets_at}`;
  return {
    level,
    msg: `${window.usedPercent} % of the account's limit (${windowWords(window)}) is used${reset}`,
    fields: {
      limit: limit.slice(0, 80),
      used_percent: window.usedPercent,
      ...(window.minutes === undefined ? {} : { window_minutes: window.minutes }),
      ...(resets_at === undefined ? {} : { resets_at }),
    },
  };
};
