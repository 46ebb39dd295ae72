import { fit, widthOf } from '../../text/display-width.js';
import { printableLine } from '../../text/printable.js';
import { depthOf, levelsOf } from './levels.js';
import type { Mark } from './model.js';
import { arrow, type DrawnLane, element, label, type Place, tooltip } from './svg-element.js';
import { SMALL } from './svg-style.js';
import { timeText } from './time-text.js';

/** Columns of a text, and levels for texts. */
const SAID = 30;
/** Px of the radius of a dot. */
const DOT = 6;
const SAID_LEVELS = 4;
/** The least distance of the lines of two deltas, in px. */
const APART = 3;

/**
 * Texts on an arrow: a dot per text, or a bar with a line per delta. The beginnings of the texts
 * stand below, where there is room.
 */
export const textLane = (marks: readonly Mark[], { x, left, right, top }: Place): DrawnLane => {
  const y = top + 16;
  const texts = marks.map((mark) => {
    const at = x(mark.ms) - DOT;
    const text = fit(
      printableLine(mark.firstLine ?? ''),
      Math.max(SAID, Math.floor((endOf(mark, x) - at) / SMALL)),
    );
    const from = Math.max(left, Math.min(at, right - widthOf(text) * SMALL));
    return { text, from, to: from + widthOf(text) * SMALL };
  });
  const levels = levelsOf(texts, SAID_LEVELS, 12);
  const back: string[] = [arrow(left, right, y)];
  let shown = Number.NEGATIVE_INFINITY;
  const front = marks.map((mark, nth) => {
    const { text = '', from = 0 } = texts[nth] ?? {};
    const level = levels[nth];
    // Of overlapping dots, only the first one is drawn.
    const covered = mark.pieces === undefined && x(mark.ms) - shown < DOT;
    if (!covered) shown = endOf(mark, x);
    const drawn = covered
      ? []
      : [
          mark.pieces === undefined
            ? dot(mark, x(mark.ms), y)
            : pieceBar(mark, mark.pieces.map(x), y),
        ];
    const tip = tooltip(`${mark.firstLine ?? ''}, ${whenText(mark)}`);
    if (level === undefined || text === '') return covered ? '' : element('g', {}, tip, ...drawn);
    const base = y + 22 + level * 16;
    if (level > 0)
      back.push(
        element('path', { class: 'grid', d: `M${x(mark.ms).toFixed(1)} ${y}V${base - 10}` }),
      );
    return element('g', {}, tip, ...drawn, label(from, base, `${mark.kind}-ink small halo`, text));
  });
  return {
    height: 28 + Math.max(1, depthOf(levels)) * 16,
    back: back.join(''),
    front: front.join(''),
  };
};

const endOf = ({ ms, pieces = [ms] }: Mark, x: Place['x']): number => x(pieces.at(-1) ?? ms);

const whenText = ({ ms, pieces }: Mark): string =>
  pieces === undefined
    ? timeText(ms)
    : `${pieces.length.toLocaleString('en')} pieces, ${timeText(ms)} to ${timeText(pieces.at(-1) ?? ms)}`;

const dot = ({ kind }: Mark, x: number, y: number): string =>
  element('circle', { class: `${kind} thick`, cx: x, cy: y, r: DOT });

/** A bar from the first delta to the last, with a line per delta where the lines do not touch. */
const pieceBar = ({ kind }: Mark, pieces: readonly number[], y: number): string => {
  const [first = 0] = pieces;
  let shown = first;
  const lines = pieces.flatMap((at) => {
    if (at - shown < APART) return [];
    shown = at;
    return [`M${at.toFixed(1)} ${y - DOT}v${2 * DOT}`];
  });
  const bar = {
    x: first - DOT,
    y: y - DOT,
    width: (pieces.at(-1) ?? first) - first + 2 * DOT,
    height: 2 * DOT,
    rx: DOT,
  };
  return (
    element('rect', { class: `${kind} thick`, ...bar }) +
    element('path', { class: kind, d: lines.join(''), 'stroke-opacity': '0.5' })
  );
};
