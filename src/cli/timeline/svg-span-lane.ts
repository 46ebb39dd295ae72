import { fit, widthOf } from '../../text/display-width.js';
import { printableLine } from '../../text/printable.js';
import { depthOf, type Extent, emptyLevels, levelsOf } from './levels.js';
import type { TimelineSpan } from './model.js';
import { type DrawnLane, element, label, type Place, tooltip } from './svg-element.js';
import { SMALL } from './svg-style.js';
import { spanText } from './words.js';

/** Px, except BAR_LEVELS. */
const BAR = 22;
const BAR_STEP = 27;
const BAR_LEVELS = 10;
const BETWEEN = 8;

/**
 * Spans as rounded bars with their names inside, or beside a bar that is too short. When there is
 * no room for all names, short spans have none; spans without any room are counted. Names are also
 * shown under the pointer.
 */
export const spanLane = (spans: readonly TimelineSpan[], place: Place): DrawnLane => {
  const bars = spans.map((span) => barOf(span, place));
  const crowded = levelsOf(bars, BAR_LEVELS, BETWEEN).includes(undefined);
  const levels = emptyLevels(BAR_LEVELS, BETWEEN);
  // The longest spans are placed first when there is no room for all.
  const order = crowded ? bars.toSorted((a, b) => b.ms - a.ms) : bars;
  const named = new Map(order.map((bar) => [bar, levels.put(bar)]));
  const bare = new Map(
    order.flatMap((bar) =>
      named.get(bar) === undefined
        ? [[bar, levels.put({ from: bar.start, to: bar.start + bar.width })] as const]
        : [],
    ),
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
    const rect = element('rect', {
      class: `${look} thick${open}`,
      x: start,
      y,
      width,
      height: BAR,
      rx: Math.min(7, width / 2),
    });
    back.push(element('g', {}, tooltip(text), rect));
    const inside = nameAt > start && nameAt < start + width;
    if (named.get(bar) !== undefined)
      front.push(label(nameAt, y + 15, `${look}-ink small${inside ? '' : ' halo'}`, name));
  }
  const height = 10 + depthOf([...named.values(), ...bare.values()]) * BAR_STEP;
  if (lost > 0)
    front.push(
      label(
        place.left,
        place.top + height + 6,
        'soft small halo',
        `and ${lost.toLocaleString('en')} more that find no room here`,
      ),
    );
  return { height: height + (lost > 0 ? 16 : 0), back: back.join(''), front: front.join('') };
};

interface Bar extends Extent {
  readonly span: TimelineSpan;
  /** Duration. */
  readonly ms: number;
  readonly start: number;
  readonly width: number;
  /** The text under the pointer. */
  readonly text: string;
  /** The visible text and its x. */
  readonly name: string;
  readonly nameAt: number;
}

const NAME = 44;

const barOf = (span: TimelineSpan, { x, left, right, endMs }: Place): Bar => {
  const start = x(span.startMs);
  const width = Math.max(4, x(span.endMs ?? endMs) - start);
  const end = start + width;
  const took = spanText(span, endMs);
  const text = `${printableLine(span.name)} · ${took}`;
  const name = `${fit(printableLine(span.name), NAME)} · ${took}`;
  const length = widthOf(name) * SMALL;
  const bar = {
    span,
    ms: (span.endMs ?? endMs) - span.startMs,
    start,
    width,
    text,
    name,
    from: start,
    to: end,
  };
  if (length + 16 <= width) return { ...bar, nameAt: start + 8 };
  if (end + 7 + length <= right) return { ...bar, nameAt: end + 7, to: end + 7 + length };
  if (start - 7 - length >= left)
    return { ...bar, nameAt: start - 7 - length, from: start - 7 - length };
  return { ...bar, nameAt: start + 8, name: fit(name, Math.floor((width - 16) / SMALL)) };
};
