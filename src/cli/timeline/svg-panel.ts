import { turnEventLetters } from '../../marbles/alphabet.js';
import { axisOf, type TimelineScope } from './axis.js';
import type { Mark, Timeline, TimelineSpan } from './model.js';
import { folds, latencies, ticks } from './svg-axis.js';
import { type DrawnLane, element, label, type Place } from './svg-element.js';
import { endLane } from './svg-end-lane.js';
import { footerOf } from './svg-footer.js';
import { headerOf } from './svg-header.js';
import { marbleLane } from './svg-marble-lane.js';
import { spanLane } from './svg-span-lane.js';
import { PAD } from './svg-style.js';
import { textLane } from './svg-text-lane.js';
import { laneNames } from './words.js';

/** Px. */
const GUTTER = 96;
const TAIL = 30;
const FOLD = 48;

/** One turn as a card of `width` px, on an axis for `scope`. */
export const panel = (
  timeline: Timeline,
  name: string,
  width: number,
  scope: TimelineScope,
): { readonly xml: string; readonly height: number } => {
  const left = PAD + GUTTER;
  const right = width - PAD;
  const { endMs, codex, canonical, waits, tools, bridge, figures } = timeline;
  const axis = axisOf({ ...scope, size: right - left - TAIL, fold: FOLD });
  const place: Place = { x: (ms) => left + axis.at(ms), left, right, top: 0, endMs };

  const header = headerOf(timeline, name, width);
  const named = figures.filter(({ name: figure }) => figure !== 'waited');
  const namesTop = header.height + 14;
  const names = latencies(named, place, namesTop, 0).height;
  const tickLine = namesTop + names + 16;
  let top = tickLine + 12;
  const drawn: { readonly name: string; readonly top: number; readonly lane: DrawnLane }[] = [];
  const put = (laneName: string, draw: (at: Place) => DrawnLane): void => {
    const lane = draw({ ...place, top });
    drawn.push({ name: laneName, top, lane });
    top += lane.height + 8;
  };
  const marksLane = (
    laneName: string,
    marks: readonly Mark[],
    draw: (marks: readonly Mark[], at: Place) => DrawnLane,
  ): void => {
    if (marks.length > 0) put(laneName, (at) => draw(marks, at));
  };
  const spansLane = (laneName: string, spans: readonly TimelineSpan[]): void => {
    if (spans.length > 0) put(laneName, (at) => spanLane(spans, at));
  };
  spansLane('queue', waits);
  const lanes = laneNames(timeline);
  const deltas = (sign: string): readonly Mark[] => canonical.filter((mark) => mark.sign === sign);
  put(lanes.codex, (at) => marbleLane(codex, at));
  if (timeline.wire === undefined) {
    marksLane('thinking', deltas(turnEventLetters.thinking_delta), textLane);
    marksLane('text', deltas(turnEventLetters.text_delta), textLane);
  } else put(lanes.canonical, (at) => marbleLane(canonical, at));
  spansLane(lanes.tools, tools);
  spansLane(lanes.bridge, bridge);
  if (timeline.wire === undefined) put('turn', (at) => endLane(timeline, at));

  const bottom = top;
  const footer = footerOf(timeline, bottom + (axis.folds.length > 0 ? 36 : 22), width);
  const xml = [
    element('rect', {
      class: 'card',
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: Math.ceil(footer.bottom) - 1,
      rx: 10,
    }),
    header.xml,
    latencies(named, place, namesTop, bottom).drawn,
    ticks(axis, place, tickLine, bottom),
    ...drawn.map(({ lane }) => lane.back),
    folds(axis, left, tickLine + 6, bottom),
    ...drawn.map(({ lane }) => lane.front),
    ...drawn.map(({ name: laneName, top: at }) => label(PAD, at + 20, 'text lane', laneName)),
    footer.xml,
  ];
  return { xml: xml.join('\n'), height: Math.ceil(footer.bottom) };
};
