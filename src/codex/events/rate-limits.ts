import * as t from 'io-ts';

const number = t.union([t.number, t.null]);
const Window = t.union([
  t.null,
  t.intersection([
    t.type({ usedPercent: t.number }),
    t.partial({ resetsAt: number, windowDurationMins: number }),
  ]),
  t.intersection([
    t.type({ used_percent: t.number }),
    t.partial({ resets_at: number, window_minutes: number }),
  ]),
]);
const RateLimits = t.partial({ primary: Window, secondary: Window });

/** A window of the limits of an account. */
export interface LimitWindow {
  readonly name: 'primary' | 'secondary';
  readonly usedPercent: number;
  /** Minutes that the window takes. */
  readonly minutes?: number;
  /** When the window begins anew, in milliseconds since the epoch. */
  readonly resetsAt?: number;
}

/**
 * The windows of limits. Reads those of an app-server (`account/rateLimits/read` and `updated`) and
 * of the rollout (`token_count`), which have the same keys in snake case; both have seconds.
 */
export const windowsOf = (limits: unknown): LimitWindow[] => {
  if (!RateLimits.is(limits)) return [];
  return (['primary', 'secondary'] as const).flatMap((name) => {
    const window = limits[name];
    if (window === null || window === undefined) return [];
    const [usedPercent, reset, minutes] =
      'usedPercent' in window
        ? [window.usedPercent, window.resetsAt, window.windowDurationMins]
        : [window.used_percent, window.resets_at, window.window_minutes];
    return [
      {
        name,
        usedPercent,
        ...(typeof minutes === 'number' && minutes > 0 ? { minutes } : {}),
        ...(typeof reset === 'number' ? { resetsAt: reset * 1_000 } : {}),
      },
    ];
  });
};

/** "5 h" or "7 d": the length of a window; its name where codex gives no length. */
export const windowWords = ({ name, minutes }: LimitWindow): string => {
  if (minutes === undefined) return name;
  if (minutes % 1_440 === 0) return `${minutes / 1_440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
};

/** ISO 8601 without fractions; `undefined` for a time that no calendar has. */
export const resetWords = ({ resetsAt }: LimitWindow): string | undefined =>
  resetsAt !== undefined && Math.abs(resetsAt) <= MAX_TIME
    ? new Date(resetsAt).toISOString().replace(/\.\d+/, '')
    : undefined;

const MAX_TIME = 8.64e15;

const FULL = 100;

/**
 * When the account may go on, in milliseconds since the epoch: the reset of the full window, the
 * last one of two. `undefined` for limits without a full window.
 */
export const resetOf = (limits: unknown): number | undefined => {
  const resets = windowsOf(limits).flatMap(({ usedPercent, resetsAt }) =>
    usedPercent >= FULL && resetsAt !== undefined ? [resetsAt] : [],
  );
  return resets.length === 0 ? undefined : Math.max(...resets);
};
