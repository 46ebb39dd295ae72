import { turnEventLetters } from '../../marbles/alphabet.js';
import { fit, widthOf } from '../../text/display-width.js';
import { printableLine } from '../../text/printable.js';
import type { Kind, Mark, Timeline } from './model.js';
import { type DrawnLane, element, label, type Place, tooltip } from './svg-element.js';
import { SMALL } from './svg-style.js';
import { timeText } from './time-text.js';

/** Half the height of the bar, in px. */
const TALL = 13;

/**
 * The turn as the host sees it: a line from `message_start` to its terminal event. A bar marks a
 * completed or cancelled turn, a cross a failed one. The line of a record without a terminal event
 * has an open end.
 */
export const endLane = (
  { canonical, outcome }: Timeline,
  { x, left, right, top, endMs }: Place,
): DrawnLane => {
  const y = top + 16;
  const start = canonical.find(({ sign }) => sign === turnEventLetters.message_start);
  const end = canonical.findLast(
    ({ sign }) => sign === turnEventLetters.message_end || sign === turnEventLetters.error,
  );
  const from = start === undefined ? left : x(start.ms);
  const to = end === undefined ? Math.min(right, x(endMs) + 12) : x(end.ms);
  const line = element('path', {
    class: `line${end === undefined ? ' open' : ''}`,
    d: `M${from.toFixed(1)} ${y}H${to.toFixed(1)}`,
  });
  const dot =
    start === undefined ? '' : element('circle', { class: 'life thick', cx: from, cy: y, r: 6 });
  const named = [
    ...(start === undefined
      ? []
      : [label(Math.max(left - 6, from - 6), y + 24, 'soft small halo', start.meaning)]),
    ...(end === undefined
      ? []
      : [terminal(end, to, y, outcome.type === 'cancelled' ? 'notice' : end.kind, left)]),
  ];
  return { height: 46, back: line, front: [dot, ...named].join('') };
};

const terminal = (
  { meaning, ms, kind: given }: Mark,
  x: number,
  y: number,
  kind: Kind,
  left: number,
): string => {
  const failed = given === 'failure';
  const cross = `M${(x - 7).toFixed(1)} ${y - 7}l14 14m0 -14l-14 14`;
  const bar = `M${x.toFixed(1)} ${y - TALL}v${2 * TALL}`;
  const shown = fit(printableLine(meaning), 48);
  const width = widthOf(shown) * SMALL;
  return element(
    'g',
    {},
    tooltip(`${meaning}, ${timeText(ms)}`),
    element('path', {
      class: kind,
      d: failed ? cross : bar,
      'stroke-width': 2.5,
      'stroke-linecap': 'round',
    }),
    label(
      x - 12 - width >= left ? x - 12 - width : x + 12,
      y + 24,
      `${kind}-ink small halo`,
      shown,
    ),
  );
};
