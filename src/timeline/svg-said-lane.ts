import { fit, printable, widthOf } from './display-width.js';
import { depthOf, levelsOf } from './levels.js';
import { element, label, tooltip } from './svg-element.js';
import { arrow, type DrawnLane, type Place } from './svg-lane.js';
import { SMALL } from './svg-style.js';
import { timeText } from './time-text.js';
import type { Mark } from './timeline.js';

/** Columns of what was said that is shown, and the levels for it. */
const SAID = 30;
/** Px of the radius of a dot. */
const DOT = 6;
const SAID_LEVELS = 4;

/** Dots on an arrow, with the beginnings of what was said below where there is room. */
export const saidLane = (marks: readonly Mark[], { x, left, right, top }: Place): DrawnLane => {
  const y = top + 16;
  const texts = marks.map(({ said = '', ms }) => {
    const text = fit(printable(said), SAID);
    const width = widthOf(text) * SMALL;
    return { text, from: Math.min(x(ms) - 6, right - width), to: Math.min(x(ms) - 6, right - width) + width };
  });
  const levels = levelsOf(texts, SAID_LEVELS, 12);
  const back: string[] = [arrow(left, right, y)];
  let shown = Number.NEGATIVE_INFINITY;
  const front = marks.map((mark, nth) => {
    const { text = '', from = 0 } = texts[nth] ?? {};
    const level = levels[nth];
    const tip = tooltip(`${mark.said ?? ''}, ${timeText(mark.ms)}`);
    const dot = element('circle', { class: `${mark.kind} thick`, cx: x(mark.ms), cy: y, r: DOT });
    // Of dots that would cover one another the first is drawn.
    const covered = x(mark.ms) - shown < DOT;
    if (!covered) shown = x(mark.ms);
    const drawn = covered ? [] : [dot];
    if (level === undefined || text === '') return covered ? '' : element('g', {}, tip, ...drawn);
    const base = y + 22 + level * 16;
    if (level > 0) back.push(element('path', { class: 'grid', d: `M${x(mark.ms).toFixed(1)} ${y}V${base - 10}` }));
    return element('g', {}, tip, ...drawn, label(from, base, `${mark.kind}-ink small halo`, text));
  });
  return { height: 28 + Math.max(1, depthOf(levels)) * 16, back: back.join(''), front: front.join('') };
};
