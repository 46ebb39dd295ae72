import { depthOf, emptyLevels, levelsOf } from './levels.js';
import type { Mark } from './model.js';
import { arrow, type DrawnLane, element, label, type Place, tooltip } from './svg-element.js';
import { timeText } from './time-text.js';

/** Px. */
const RADIUS = 10;
const STACK = 22;
const LEVELS = 4;

/**
 * Circles with letters on an arrow. Circles that would touch are stacked below the arrow, in the
 * order of time. `+n` counts the circles that do not fit.
 */
export const marbleLane = (marks: readonly Mark[], { x, left, right, top }: Place): DrawnLane => {
  const y = top + 16;
  const levels = stacked(marks, x);
  const stems: string[] = [];
  const circles: string[] = [];
  const crowds: { at: number; to: number; count: number }[] = [];
  marks.forEach((mark, nth) => {
    const level = levels[nth];
    const at = x(mark.ms);
    const crowd = crowds.at(-1);
    if (level !== undefined) {
      if (level > 0)
        stems.push(
          element('path', { class: 'grid', d: `M${at.toFixed(1)} ${y}V${y + level * STACK}` }),
        );
      circles.push(marble(mark, at, y + level * STACK));
    } else if (crowd !== undefined && at - RADIUS < crowd.to) crowd.count += 1;
    else crowds.push({ at, to: at + CROWD, count: 1 });
  });
  const more = crowds.map(({ at, count }) =>
    label(at, y + LEVELS * STACK + 2, 'soft small middle halo', `+${count}`),
  );
  const below = crowds.length > 0 ? LEVELS : Math.max(0, depthOf(levels) - 1);
  return {
    height: 32 + below * STACK,
    back: stems.join('') + arrow(left, right, y),
    front: circles.join('') + more.join(''),
  };
};

/**
 * The level of each mark. When there is no room for all, the marks of the turn itself (`life`,
 * `failure`) are placed first.
 */
const stacked = (
  marks: readonly Mark[],
  x: (ms: number) => number,
): readonly (number | undefined)[] => {
  const extents = marks.map(({ ms }) => ({ from: x(ms) - RADIUS, to: x(ms) + RADIUS }));
  const levels = levelsOf(extents, LEVELS, 2);
  if (!levels.includes(undefined)) return levels;
  const { put } = emptyLevels(LEVELS, 2);
  const isLife = (nth: number): boolean =>
    marks[nth]?.kind === 'life' || marks[nth]?.kind === 'failure';
  const life = extents.map((extent, nth) => (isLife(nth) ? put(extent) : undefined));
  return extents.map((extent, nth) => (isLife(nth) ? life[nth] : put(extent)));
};

/** Px that `+n` takes. */
const CROWD = 40;

const marble = ({ sign, kind, meaning, ms }: Mark, x: number, y: number): string =>
  element(
    'g',
    {},
    tooltip(`${meaning}, ${timeText(ms)}`),
    element('circle', { class: `${kind} thick`, cx: x, cy: y, r: RADIUS }),
    label(x, y + 4, `${kind}-ink sign middle`, sign),
  );
