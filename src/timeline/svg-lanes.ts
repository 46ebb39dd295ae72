import { fit, printable, widthOf } from './display-width.js';
import { depthOf, emptyLevels, type Extent, levelsOf } from './levels.js';
import { element, label, tooltip } from './svg-element.js';
import { SMALL } from './svg-style.js';
import { timeText } from './time-text.js';
import type { Mark, Span } from './timeline.js';
import { spanText } from './words.js';

/** A lane as it is drawn: `back` lies below the folds, `front` above them. */
export interface DrawnLane {
  readonly height: number;
  readonly back: string;
  readonly front: string;
}

/** Where things are, in px. */
export interface Place {
  /** Of a moment. */
  readonly x: (ms: number) => number;
  /** The ends of the arrows. */
  readonly left: number;
  readonly right: number;
  /** The top of the lane. */
  readonly top: number;
  readonly endMs: number;
}

const RADIUS = 10;
const STACK = 22;
const LEVELS = 4;

/** The line that time runs along, with its arrow. */
const arrow = (left: number, right: number, y: number): string =>
  element('path', { class: 'line', d: `M${left} ${y}H${right}m-7 -4.5l7 4.5l-7 4.5` });

/** Circles with letters on an arrow. Those that would touch are stacked below it, in the order of time; of more than fit `+n` counts the rest. */
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
      if (level > 0) stems.push(element('path', { class: 'grid', d: `M${at.toFixed(1)} ${y}V${y + level * STACK}` }));
      circles.push(marble(mark, at, y + level * STACK));
    } else if (crowd !== undefined && at - RADIUS < crowd.to) crowd.count += 1;
    else crowds.push({ at, to: at + CROWD, count: 1 });
  });
  const more = crowds.map(({ at, count }) => label(at, y + LEVELS * STACK + 2, 'soft small middle halo', `+${count}`));
  const below = crowds.length > 0 ? LEVELS : Math.max(0, depthOf(levels) - 1);
  return { height: 32 + below * STACK, back: stems.join('') + arrow(left, right, y), front: circles.join('') + more.join('') };
};

/** The level of each mark. Where there is no room for all, items give way to the beginning and the end. */
const stacked = (marks: readonly Mark[], x: (ms: number) => number): readonly (number | undefined)[] => {
  const extents = marks.map(({ ms }) => ({ from: x(ms) - RADIUS, to: x(ms) + RADIUS }));
  const levels = levelsOf(extents, LEVELS, 2);
  if (!levels.includes(undefined)) return levels;
  const { put } = emptyLevels(LEVELS, 2);
  const isLife = (nth: number): boolean => marks[nth]?.kind === 'life' || marks[nth]?.kind === 'failure';
  const life = extents.map((extent, nth) => (isLife(nth) ? put(extent) : undefined));
  return extents.map((extent, nth) => (isLife(nth) ? life[nth] : put(extent)));
};

/** Px that the number of a crowd takes. */
const CROWD = 40;

const marble = ({ sign, kind, meaning, ms }: Mark, x: number, y: number): string =>
  element(
    'g',
    {},
    tooltip(`${meaning}, ${timeText(ms)}`),
    element('circle', { class: `${kind} thick`, cx: x, cy: y, r: RADIUS }),
    label(x, y + 4, `${kind}-ink sign middle`, sign),
  );

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

const BAR = 22;
const BAR_STEP = 27;
const BAR_LEVELS = 10;
const BETWEEN = 8;

/**
 * Rounded bars with their names inside, or beside where they do not fit. Where there is no room for all, some have no name, and what finds no room at all is counted; a
 * pointer shows the names.
 */
export const spanLane = (spans: readonly Span[], place: Place): DrawnLane => {
  const bars = spans.map((span) => barOf(span, place));
  const crowded = levelsOf(bars, BAR_LEVELS, BETWEEN).includes(undefined);
  const levels = emptyLevels(BAR_LEVELS, BETWEEN);
  // In a crowd the long ones come first.
  const order = crowded ? bars.toSorted((a, b) => b.ms - a.ms) : bars;
  const named = new Map(order.map((bar) => [bar, levels.put(bar)]));
  const bare = new Map(
    order.flatMap((bar) => (named.get(bar) === undefined ? [[bar, levels.put({ from: bar.start, to: bar.start + bar.width })] as const] : [])),
  );
  const back: string[] = [];
  const front: string[] = [];
  let lost = 0;
  for (const bar of bars) {
    const { span, start, width, name, nameAt, text } = bar;
    const level = named.get(bar) ?? bare.get(bar);
    if (level === undefined) {
      lost += 1;
      continue;
    }
    const y = place.top + 5 + level * BAR_STEP;
    const look = span.failed ? 'failure' : span.kind;
    const open = span.endMs === undefined ? ' open' : '';
    const rect = element('rect', { class: `${look} thick${open}`, x: start, y, width, height: BAR, rx: Math.min(7, width / 2) });
    back.push(element('g', {}, tooltip(text), rect));
    const inside = nameAt > start && nameAt < start + width;
    if (named.get(bar) !== undefined) front.push(label(nameAt, y + 15, `${look}-ink small${inside ? '' : ' halo'}`, name));
  }
  const height = 10 + depthOf([...named.values(), ...bare.values()]) * BAR_STEP;
  if (lost > 0)
    front.push(label(place.left, place.top + height + 6, 'soft small halo', `and ${lost.toLocaleString('en')} more that find no room here`));
  return { height: height + (lost > 0 ? 16 : 0), back: back.join(''), front: front.join('') };
};

interface Bar extends Extent {
  readonly span: Span;
  /** How long it took. */
  readonly ms: number;
  readonly start: number;
  readonly width: number;
  /** All that there is to say. */
  readonly text: string;
  /** What is shown of it, and where it begins. */
  readonly name: string;
  readonly nameAt: number;
}

const NAME = 44;

const barOf = (span: Span, { x, left, right, endMs }: Place): Bar => {
  const start = x(span.startMs);
  const width = Math.max(4, x(span.endMs ?? endMs) - start);
  const end = start + width;
  const took = spanText(span, endMs);
  const text = `${printable(span.name)} · ${took}`;
  const name = `${fit(printable(span.name), NAME)} · ${took}`;
  const length = widthOf(name) * SMALL;
  const bar = { span, ms: (span.endMs ?? endMs) - span.startMs, start, width, text, name, from: start, to: end };
  if (length + 16 <= width) return { ...bar, nameAt: start + 8 };
  if (end + 7 + length <= right) return { ...bar, nameAt: end + 7, to: end + 7 + length };
  if (start - 7 - length >= left) return { ...bar, nameAt: start - 7 - length, from: start - 7 - length };
  return { ...bar, nameAt: start + 8, name: fit(name, Math.floor((width - 16) / SMALL)) };
};
