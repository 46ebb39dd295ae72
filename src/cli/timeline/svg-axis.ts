import { widthOf } from '../../text/display-width.js';
import { type Axis, ticksOf } from './axis.js';
import { depthOf, levelsOf } from './levels.js';
import type { Figure } from './model.js';
import { element, label, type Place } from './svg-element.js';
import { SMALL } from './svg-style.js';
import { timeText } from './time-text.js';
import { figureTexts } from './words.js';

/** The least distance of two ticks, in px. */
const APART = 84;
const LINE = 16;

/** Ticks at round numbers, with lines down to `bottom`. `y` is the baseline of their texts. */
export const ticks = (
  axis: Axis,
  { x, left, right, endMs }: Place,
  y: number,
  bottom: number,
): string => {
  const at = ticksOf(axis, endMs, APART).map((tick) => ({ ...tick, x: left + tick.at }));
  const texts = at.map(({ text, x: middle }) => ({
    from: middle - (widthOf(text) * SMALL) / 2,
    to: middle + (widthOf(text) * SMALL) / 2,
  }));
  const fits = levelsOf(texts, 1, 8);
  const end = x(endMs);
  return at
    .filter(({ x: each }) => each <= Math.max(end, left) + 0.5 && each <= right)
    .map(({ x: each, text }, nth) =>
      [
        element('path', { class: 'grid', d: `M${each.toFixed(1)} ${y + 6}V${bottom}` }),
        fits[nth] === undefined ? '' : label(each, y, 'soft small middle halo', text),
      ].join(''),
    )
    .join('');
};

/** Latencies as vertical guides through the lanes, with their names above the axis. */
export const latencies = (
  figures: readonly Figure[],
  { x, right }: Place,
  top: number,
  bottom: number,
): { readonly height: number; readonly drawn: string } => {
  const texts = figureTexts(figures);
  const placed = figures.map(({ ms }, nth) => {
    const width = widthOf(texts[nth] ?? '') * SMALL;
    const from = Math.min(x(ms) + 5, right - width);
    // Near the end of the diagram, the name stands before its guide.
    return x(ms) + 5 > right - width
      ? { from: x(ms) - 5 - width, to: x(ms) - 5 }
      : { from, to: from + width };
  });
  const levels = levelsOf(placed, figures.length, 14);
  const drawn = figures.map(({ ms }, nth) => {
    const y = top + (levels[nth] ?? 0) * LINE;
    return (
      element('path', { class: 'guide', d: `M${x(ms).toFixed(1)} ${y}V${bottom}` }) +
      label(placed[nth]?.from ?? 0, y + 9, 'text small halo', texts[nth] ?? '')
    );
  });
  return { height: depthOf(levels) * LINE, drawn: drawn.join('') };
};

/** Folded stretches: a gap in the lanes, labelled with the time that it leaves out. */
export const folds = (
  { folds: all, at }: Axis,
  left: number,
  top: number,
  bottom: number,
): string =>
  all
    .map(({ fromMs, toMs }) => {
      const middle = left + at((fromMs + toMs) / 2);
      return [
        element('rect', { class: 'paper', x: middle - 7, y: top, width: 14, height: bottom - top }),
        ...[middle - 7, middle + 7].map((x) =>
          element('path', { class: 'guide', d: `M${x.toFixed(1)} ${top}V${bottom}` }),
        ),
        label(middle, bottom + 12, 'soft small middle', `≈ ${timeText(toMs - fromMs)} folded`),
      ].join('');
    })
    .join('');
