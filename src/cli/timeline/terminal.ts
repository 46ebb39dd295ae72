import { fit, padded, widthOf } from '../../text/display-width.js';
import { printableLine } from '../../text/printable.js';
import { axisOf, type TimelineScope, timelineScopeOf } from './axis.js';
import type { Mark, Timeline, TimelineSpan } from './model.js';
import type { Paint } from './paint.js';
import { legendRows, wrapped } from './terminal-legend.js';
import { axisRows, FOLD, marbleRow, painted, spanLine, twoDigits } from './terminal-rows.js';
import {
  aboutParts,
  complaints,
  figureTexts,
  laneNames,
  longest,
  outcomeText,
  tokenTexts,
} from './words.js';

export interface TerminalOptions {
  /** Columns of the terminal, from 40 on. */
  readonly width: number;
  /** The name of the turn, for the heading. */
  readonly name: string;
  readonly paint: Paint;
  /** The frame that several turns share. */
  readonly frame?: TerminalFrame;
}

/** The axis and the gutter that turns below one another share. */
export interface TerminalFrame {
  readonly scope: TimelineScope;
  /** Columns before their lanes. */
  readonly gutter: number;
}

export const frameOf = (timelines: readonly Timeline[], width: number): TerminalFrame => ({
  scope: timelineScopeOf(timelines),
  gutter: timelines.reduce((most, each) => Math.max(most, gutterOf(each, width)), 0),
});

/** Columns after the end of the axis, for the last group and the duration of a span. */
const TAIL = 8;
/** The most spans of a lane that have a row. */
const ROWS = 12;

/** Draws a turn as aligned marbles: lines of at most `width` columns. */
export const drawTerminal = (
  timeline: Timeline,
  { width, name, paint, frame = frameOf([timeline], width) }: TerminalOptions,
): readonly string[] => {
  const { scope, gutter } = frame;
  const room = width - gutter;
  const axis = axisOf({ ...scope, size: room - TAIL, fold: FOLD, round: twoDigits });
  const row = (label: string, text: string): string => `${padded(label, gutter - 1)} ${text}`;
  const markRow = (label: string, marks: readonly Mark[]): string =>
    row(label, painted(marbleRow(marks, timeline, axis, room), marks, paint));
  const spanRows = (heading: string, spans: readonly TimelineSpan[]): readonly string[] => {
    if (spans.length === 0) return [];
    const { shown, rest } = longest(spans, ROWS, timeline.endMs);
    const rows = shown.map((span) =>
      row(labelOf(span), spanLine(span, axis, timeline.endMs, room, paint)),
    );
    return [
      paint('dim', heading),
      ...rows,
      ...(rest === '' ? [] : [paint('dim', fit(`… ${rest}`, width))]),
    ];
  };
  const { head, outcome } = timeline;
  const names = laneNames(timeline);
  const prompt = head === undefined ? '' : printableLine(head.text);
  const footer = [
    ...legendRows(names.codex, timeline.codex, width, paint),
    ...legendRows(names.canonical, timeline.canonical, width, paint),
    ...wrapped(figureTexts(timeline.figures), ' · ', 'times', width),
    ...wrapped(tokenTexts(timeline), ' · ', 'tokens', width),
    ...complaints(timeline).map((complaint) => paint('notice', fit(complaint, width))),
  ];
  return [
    paint('strong', fit(`${name}: ${outcomeText(timeline)}`, width)),
    ...(outcome.reason === undefined
      ? []
      : [paint('failure', fit(printableLine(outcome.reason), width))]),
    ...(prompt === '' ? [] : [fit(`"${prompt}"`, width)]),
    ...wrapped(aboutParts(timeline), ' · ', '', width).map((line) => paint('dim', line)),
    '',
    ...axisRows(axis, timeline.endMs, room).map((line) => ' '.repeat(gutter) + paint('dim', line)),
    markRow(names.codex, timeline.codex),
    markRow(names.canonical, timeline.canonical),
    ...timeline.waits.map((span) =>
      row(`queue ${span.name}`, spanLine(span, axis, timeline.endMs, room, paint)),
    ),
    ...spanRows(names.tools, timeline.tools),
    ...spanRows(names.bridge, timeline.bridge),
    ...(footer.length === 0 ? [] : ['', ...footer]),
  ].map((line) => line.trimEnd());
};

const labelOf = ({ sign, name }: TimelineSpan): string => `${sign ?? '·'} ${printableLine(name)}`;

/** As wide as the longest label, up to a quarter of the width. */
const gutterOf = ({ tools, bridge, waits }: Timeline, width: number): number => {
  const labels = [...tools, ...bridge].map(labelOf).concat(
    waits.map(({ name }) => `queue ${name}`),
    'canonical',
  );
  const longestLabel = labels.reduce((most, label) => Math.max(most, widthOf(label)), 0);
  return Math.min(longestLabel, Math.max(13, Math.floor(width / 4))) + 2;
};
