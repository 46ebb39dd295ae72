import type { Timeline } from './model.js';
import { roundStep, tickText } from './time-text.js';

/** An idle stretch that is folded: not drawn to scale. */
export interface Fold {
  readonly fromMs: number;
  readonly toMs: number;
  /** The place of its mark, in units. */
  readonly at: number;
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Time from 0 to the end of a turn along `size` units (columns of a terminal or px). */
export interface Axis {
  readonly size: number;
  readonly msPerUnit: number;
  readonly folds: readonly Fold[];
  /** Returns the place of a moment, from 0 to `size`. */
  readonly at: (ms: number) => number;
}

interface AxisOptions {
  /** Times of the events, in milliseconds. */
  readonly moments: readonly number[];
  readonly endMs: number;
  readonly size: number;
  /** Units of a folded stretch. */
  readonly fold: number;
  /** Rounds the scale up to a number that can be printed. */
  readonly round?: (msPerUnit: number) => number;
}

/** Shorter stretches are not folded. */
const IDLE_MS = 5_000;
/** The least time that stays to scale beside a fold. */
const MARGIN_MS = 250;
/** Stretches are folded only when the rest of the turn is at most this part of it. */
const BUSY = 1 / 6;

/** The greatest part of the axis that folds take. */
const FOLDED = 1 / 3;

/** An axis to scale, except for folded idle stretches. */
export const axisOf = ({ moments, endMs, size, fold, round = (ms) => ms }: AxisOptions): Axis => {
  const idles = idle(moments, endMs);
  const gaps = idles.length * fold > size * FOLDED ? [] : idles;
  const shown = endMs - gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const scale = shown / (size - gaps.length * fold);
  const msPerUnit = round(scale > 0 ? scale : 1);
  let skipped = 0;
  const folds = gaps.map(({ fromMs, toMs }, nth): Fold => {
    const at = (fromMs - skipped) / msPerUnit + nth * fold;
    skipped += toMs - fromMs;
    return { fromMs, toMs, at };
  });
  const at = (ms: number): number => {
    const last = folds.findLast(({ fromMs }) => fromMs < ms);
    if (last === undefined) return Math.min(size, ms / msPerUnit);
    if (ms <= last.toMs) return last.at + (fold * (ms - last.fromMs)) / (last.toMs - last.fromMs);
    return Math.min(size, last.at + fold + (ms - last.toMs) / msPerUnit);
  };
  return { size, msPerUnit, folds, at };
};

/** The stretches to fold: each a tenth of the turn or more, less a margin at both ends. */
const idle = (
  moments: readonly number[],
  endMs: number,
): readonly { readonly fromMs: number; readonly toMs: number }[] => {
  const sorted = [0, ...moments, endMs].toSorted((a, b) => a - b);
  const gaps = sorted.flatMap((toMs, nth) => {
    const fromMs = sorted[nth - 1] ?? 0;
    return toMs - fromMs >= Math.max(IDLE_MS, endMs / 10) ? [{ fromMs, toMs }] : [];
  });
  const left = endMs - gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  if (left > endMs * BUSY) return [];
  const margin = Math.max(MARGIN_MS, left / 20);
  return gaps.map(({ fromMs, toMs }) => ({ fromMs: fromMs + margin, toMs: toMs - margin }));
};

/** Ticks at round numbers, at least `apart` units apart, none of them in a fold. */
export const ticksOf = (
  { size, msPerUnit, folds, at }: Axis,
  endMs: number,
  apart: number,
): readonly Tick[] => {
  const step = roundStep(apart * msPerUnit);
  const ends = [...folds.map(({ fromMs }) => fromMs), endMs];
  return ends
    .flatMap((end, nth) => {
      const from = nth === 0 ? 0 : Math.ceil((folds[nth - 1]?.toMs ?? 0) / step);
      const count = Math.max(0, Math.min(size, Math.floor(end / step) - from + 1));
      return Array.from({ length: count }, (_, i) => (from + i) * step);
    })
    .map((ms) => ({ at: at(ms), text: tickText(ms, step) }));
};

/** The times of everything that happened in a turn, in milliseconds. */
const momentsOf = ({ codex, canonical, waits, tools, bridge }: Timeline): readonly number[] => [
  ...[...codex, ...canonical].flatMap(({ ms, pieces = [ms] }) => pieces),
  ...[...waits, ...tools, ...bridge].flatMap(({ startMs, endMs }) => [startMs, endMs ?? startMs]),
];

/** The times that an axis has to show, and its end. */
export interface TimelineScope {
  readonly moments: readonly number[];
  readonly endMs: number;
}

/** The scope of an axis that turns share. */
export const timelineScopeOf = (timelines: readonly Timeline[]): TimelineScope => ({
  moments: timelines.flatMap(momentsOf),
  endMs: timelines.reduce((last, { endMs }) => Math.max(last, endMs), 0),
});
