import * as t from 'io-ts';

const Window = t.union([
  t.null,
  t.intersection([
    t.type({ usedPercent: t.number }),
    t.partial({ resetsAt: t.union([t.number, t.null]) }),
  ]),
  t.intersection([
    t.type({ used_percent: t.number }),
    t.partial({ resets_at: t.union([t.number, t.null]) }),
  ]),
]);
const RateLimits = t.partial({ primary: Window, secondary: Window });

const FULL = 100;

/**
 * When the account may go on, in milliseconds since the epoch: the reset of the full window, the
 * last one of two. Reads the limits of an app-server (`account/rateLimits/updated`) and of the
 * rollout (`token_count`), whose windows have the same keys in snake case, and times in seconds.
 * `undefined` for limits without a full window.
 */
export const resetOf = (limits: unknown): number | undefined => {
  if (!RateLimits.is(limits)) return undefined;
  const resets = [limits.primary, limits.secondary].flatMap((window) => {
    if (window === null || window === undefined) return [];
    const [used, reset] =
      'usedPercent' in window
        ? [window.usedPercent, window.resetsAt]
        : [window.used_percent, window.resets_at];
    return used >= FULL && typeof reset === 'number' ? [reset * 1_000] : [];
  });
  return resets.length === 0 ? undefined : Math.max(...resets);
};
