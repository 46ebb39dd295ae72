const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const two = (number: number): string => String(number).padStart(2, '0');

/**
 * A duration in milliseconds for people, with about three digits: `3.2 ms`, `1.24 s`, `3 min 20 s`,
 * `2 h 03 min`.
 */
export const timeText = (ms: number): string => {
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / SECOND).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
};

/**
 * A moment on an axis whose ticks are `step` milliseconds apart: `400 ms`, `1.5 s`, `2:05`, `40
 * min`, `1 h 20 min`.
 */
export const tickText = (ms: number, step: number): string => {
  if (ms === 0) return '0';
  if (ms < SECOND && step < SECOND) return `${Number(ms.toPrecision(6))} ms`;
  const digits = step >= SECOND ? 0 : Math.max(1, Math.ceil(3 - Math.log10(step)));
  if (ms < MINUTE) return `${Number((ms / SECOND).toFixed(digits))} s`;
  const hours = Math.floor(ms / HOUR);
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  if (step >= MINUTE)
    return [
      ...(hours > 0 ? [`${hours} h`] : []),
      ...(minutes > 0 ? [`${hours > 0 ? two(minutes) : minutes} min`] : []),
    ].join(' ');
  const seconds = ((ms % MINUTE) / SECOND)
    .toFixed(digits)
    .padStart(digits === 0 ? 2 : digits + 3, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
};

/** The smallest round number of milliseconds that is at least `least`. */
export const roundStep = (least: number): number => {
  const small = [1, 2, 5, 10].map(
    (step) => step * 10 ** Math.floor(Math.log10(Math.max(least, 0.01))),
  );
  const large = [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND].concat(
    [1, 2, 5, 10, 15, 30].map((step) => step * MINUTE),
    [1, 2, 3, 6, 12, 24].map((step) => step * HOUR),
  );
  const steps = least <= 500 ? [...small, SECOND] : large;
  return steps.find((step) => step >= least) ?? 10 ** Math.ceil(Math.log10(least / HOUR)) * HOUR;
};
