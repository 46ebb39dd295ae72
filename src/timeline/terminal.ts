import { type Axis, axisOf, ticksOf } from './axis.js';
import { fit, padded, printable, widthOf } from './display-width.js';
import { legendOf } from './legend.js';
import { marbleLine } from './marble-line.js';
import { momentsOf } from './moments.js';
import { timeText } from './time-text.js';
import type { Kind, Mark, Span, Timeline } from './timeline.js';
import { aboutParts, complaints, figureTexts, longest, outcomeText, spanText, tokenTexts } from './words.js';

/** Gives a piece of the drawing its colour. */
export type Paint = (kind: Kind | 'dim' | 'strong', text: string) => string;

export interface TerminalOptions {
  /** Columns of the terminal, from 40 on. */
  readonly width: number;
  /** Which turn of how many, for the heading. */
  readonly name: string;
  readonly paint: Paint;
}

/** Columns after the end of the axis, for the last group and for what a span took. */
const TAIL = 8;
const FOLD = 3;
/** Spans of a lane that have a row. */
const ROWS = 12;

/** Draws a turn as aligned marbles: lines of at most `width` columns. */
export const drawTerminal = (timeline: Timeline, { width, name, paint }: TerminalOptions): readonly string[] => {
  const gutter = gutterOf(timeline, width);
  const room = width - gutter;
  const axis = axisOf({ moments: momentsOf(timeline), endMs: timeline.endMs, size: room - TAIL, fold: FOLD, round: twoDigits });
  const row = (label: string, text: string): string => `${padded(label, gutter - 1)} ${text}`;
  const marbleRow = (label: string, marks: readonly Mark[]): string => row(label, painted(marbles(marks, timeline, axis, room), marks, paint));
  const spanRows = (heading: string, spans: readonly Span[]): readonly string[] => {
    if (spans.length === 0) return [];
    const { shown, rest } = longest(spans, ROWS, timeline.endMs);
    const rows = shown.map((span) => row(labelOf(span), spanLine(span, axis, timeline.endMs, room, paint)));
    return [paint('dim', heading), ...rows, ...(rest === '' ? [] : [paint('dim', fit(`… ${rest}`, width))])];
  };
  const { head, outcome } = timeline;
  const prompt = head === undefined ? '' : printable(head.text);
  const footer = [
    ...legendRows('codex', timeline.codex, width, paint),
    ...legendRows('canonical', timeline.canonical, width, paint),
    ...wrapped(figureTexts(timeline.figures), ' · ', 'times', width),
    ...wrapped(tokenTexts(timeline), ' · ', 'tokens', width),
    ...complaints(timeline).map((complaint) => paint('notice', fit(complaint, width))),
  ];
  return [
    paint('strong', fit(`${name}: ${outcomeText(timeline)}`, width)),
    ...(outcome.reason === undefined ? [] : [paint('failure', fit(printable(outcome.reason), width))]),
    ...(prompt === '' ? [] : [fit(`"${prompt}"`, width)]),
    ...wrapped(aboutParts(timeline), ' · ', '', width).map((line) => paint('dim', line)),
    '',
    ...axisRows(axis, timeline.endMs, room, scaleText(axis)).map((line) => ' '.repeat(gutter) + paint('dim', line)),
    marbleRow('codex', timeline.codex),
    marbleRow('canonical', timeline.canonical),
    ...timeline.waits.map((span) => row(`queue ${span.name}`, spanLine(span, axis, timeline.endMs, room, paint))),
    ...spanRows('tools', timeline.tools),
    ...spanRows('bridge', timeline.bridge),
    ...(footer.length === 0 ? [] : ['', ...footer]),
  ].map((line) => line.trimEnd());
};

const labelOf = ({ sign, name }: Span): string => `${sign ?? '·'} ${printable(name)}`;

/** As wide as the longest label, up to a quarter of the width. */
const gutterOf = ({ tools, bridge, waits }: Timeline, width: number): number => {
  const labels = [...tools, ...bridge].map(labelOf).concat(
    waits.map(({ name }) => `queue ${name}`),
    'canonical',
  );
  const longestLabel = labels.reduce((most, label) => Math.max(most, widthOf(label)), 0);
  return Math.min(longestLabel, Math.max(13, Math.floor(width / 4))) + 2;
};

/** A scale that is said has two digits; rounded up, so that all fits. */
const twoDigits = (ms: number): number => {
  const unit = 10 ** (Math.floor(Math.log10(ms)) - 1);
  return Number((Math.ceil(ms / unit - 1e-9) * unit).toPrecision(2));
};

const scaleText = ({ msPerUnit, folds }: Axis): string => {
  const scale = msPerUnit < 1_000 ? `${msPerUnit} ms` : msPerUnit < 60_000 ? `${msPerUnit / 1_000} s` : timeText(msPerUnit);
  const folded = folds.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return `1 column = ${scale}${folds.length === 0 ? '' : `, ≈ folds ${timeText(folded)}`}`;
};

/** The scale, and ticks with their texts. A text that would touch the one before is left out. */
const axisRows = (axis: Axis, endMs: number, room: number, scale: string): readonly string[] => {
  let texts = '';
  const line = Array.from({ length: Math.min(room, Math.floor(axis.at(endMs)) + 1) }, () => '─');
  for (const { at, text } of ticksOf(axis, endMs, 9)) {
    const column = Math.floor(at);
    if (column >= line.length) continue;
    line[column] = '┬';
    const fits = column === 0 || (column > texts.length && column + text.length <= room);
    if (fits) texts = texts.padEnd(column) + text;
  }
  return [fit(scale, room), texts, folded(line.join(''), axis)];
};

/** The line with the marks of its folds, where nothing else stands. */
const folded = (line: string, { folds }: Axis): string => {
  const signs = Array.from(line);
  for (const { at } of folds) {
    const column = Math.floor(at + FOLD / 2);
    if (/^[-─━]$/.test(signs[column] ?? '')) signs[column] = '≈';
  }
  return signs.join('');
};

/** A turn that was cut off goes on to where its record ends. */
const marbles = (marks: readonly Mark[], { outcome, endMs }: Timeline, axis: Axis, room: number): string => {
  const line = marbleLine(
    marks.map(({ ms, sign }) => [ms, sign]),
    { columns: room, at: axis.at },
  );
  const open = outcome.type === 'cut off' && marks.at(-1)?.sign !== 'x';
  return folded(open ? line.padEnd(Math.floor(axis.at(endMs)), '-').slice(0, room) : line, axis);
};

const painted = (line: string, marks: readonly Mark[], paint: Paint): string => {
  const kinds = new Map(marks.map(({ sign, kind }) => [sign, kind]));
  return line.replace(/[^-≈]+|[-≈]+/gu, (piece) =>
    /^[-≈]/.test(piece) ? paint('dim', piece) : piece.replace(/[A-Za-z!?]/g, (sign) => paint(kinds.get(sign) ?? 'dim', sign)),
  );
};

const spanLine = (span: Span, axis: Axis, endMs: number, room: number, paint: Paint): string => {
  const start = Math.min(room - 1, Math.floor(axis.at(span.startMs)));
  const end = Math.min(room - 1, Math.floor(axis.at(span.endMs ?? endMs)));
  const length = end - start + 1;
  const bar = folded(' '.repeat(start) + (span.endMs === undefined ? `${'━'.repeat(length - 1)}╍` : '━'.repeat(length)), axis).slice(start);
  const text = spanText(span, endMs);
  const kind = span.failed ? 'failure' : span.kind;
  if (end + 2 + text.length <= room) return `${' '.repeat(start)}${paint(kind, bar)} ${text}`;
  if (start > text.length) return `${' '.repeat(start - text.length - 1)}${text} ${paint(kind, bar)}`;
  if (length < text.length + 4) return `${' '.repeat(start)}${paint(kind, bar)}`;
  return `${' '.repeat(start)}${paint(kind, bar.slice(0, length - text.length - 4))} ${text} ${paint(kind, bar.slice(-2))}`;
};

const LEGEND = 44;

const legendRows = (heading: string, marks: readonly Mark[], width: number, paint: Paint): readonly string[] => {
  const entries = legendOf(marks).map(({ sign, kind, meaning }) => ({ kind, text: fit(`${sign} ${meaning}`, Math.min(LEGEND, width - HEADING)) }));
  const byText = new Map(entries.map(({ kind, text }) => [text, kind]));
  return wrapped(
    entries.map(({ text }) => text),
    '  ',
    heading,
    width,
    (text) => paint(byText.get(text) ?? 'dim', text.slice(0, 1)) + text.slice(1),
  );
};

const HEADING = 11;

/** The parts on as many lines as they need, behind a heading, or without one. A part that is wider than a line is cut. */
const wrapped = (
  parts: readonly string[],
  between: string,
  heading: string,
  width: number,
  shown: (part: string) => string = (part) => part,
): readonly string[] => {
  const indent = heading === '' ? 0 : HEADING;
  const lines: { text: string; width: number }[] = [];
  for (const part of parts.map((each) => fit(each, width - indent))) {
    const last = lines.at(-1);
    if (last !== undefined && last.width + between.length + widthOf(part) <= width) {
      last.text += between + shown(part);
      last.width += between.length + widthOf(part);
    } else lines.push({ text: shown(part), width: indent + widthOf(part) });
  }
  return lines.map(({ text }, nth) => (nth === 0 ? heading : '').padEnd(indent) + text);
};
