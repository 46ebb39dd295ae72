import { codexLetters } from '../../marbles/alphabet.js';
import { type MarkAt, marbleLine } from '../../marbles/marble-line.js';
import { fit } from '../../text/display-width.js';
import { type Axis, ticksOf } from './axis.js';
import type { Mark, Timeline, TimelineSpan } from './model.js';
import type { Paint } from './paint.js';
import { timeText } from './time-text.js';
import { spanText } from './words.js';

/** Columns of a folded stretch. */
export const FOLD = 3;

/** Rounds a scale up to two digits, so that everything fits. */
export const twoDigits = (ms: number): number => {
  const unit = 10 ** (Math.floor(Math.log10(ms)) - 1);
  return Number((Math.ceil(ms / unit - 1e-9) * unit).toPrecision(2));
};

const scaleText = ({ msPerUnit, folds }: Axis): string => {
  const scale =
    msPerUnit < 1_000
      ? `${msPerUnit} ms`
      : msPerUnit < 60_000
        ? `${msPerUnit / 1_000} s`
        : timeText(msPerUnit);
  const folded = folds.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return `1 column = ${scale}${folds.length === 0 ? '' : `, ≈ folds ${timeText(folded)}`}`;
};

/** The scale, and the ticks with their texts. Texts that would touch another are omitted. */
export const axisRows = (axis: Axis, endMs: number, room: number): readonly string[] => {
  let texts = '';
  const line = Array.from({ length: Math.min(room, Math.floor(axis.at(endMs)) + 1) }, () => '─');
  for (const { at, text } of ticksOf(axis, endMs, 9)) {
    const column = Math.floor(at);
    if (column >= line.length) continue;
    line[column] = '┬';
    const fits = column === 0 || (column > texts.length && column + text.length <= room);
    if (fits) texts = texts.padEnd(column) + text;
  }
  return [fit(scaleText(axis), room), texts, folded(line.join(''), axis)];
};

/** Marks the folds in a line, where no letter stands. */
const folded = (line: string, { folds }: Axis): string => {
  const signs = Array.from(line);
  for (const { at } of folds) {
    const column = Math.floor(at + FOLD / 2);
    if (/^[-─━]$/.test(signs[column] ?? '')) signs[column] = '≈';
  }
  return signs.join('');
};

/** A lane as marbles. A turn without a terminal event extends to the end of its record. */
export const marbleRow = (
  marks: readonly Mark[],
  { outcome, endMs }: Timeline,
  axis: Axis,
  room: number,
): string => {
  const line = marbleLine(
    marks
      .flatMap(({ ms, sign, pieces = [ms] }) =>
        pieces.map((at, nth): MarkAt => [at, sign, nth > 0]),
      )
      .sort(([a], [b]) => a - b),
    { columns: room, at: axis.at },
  );
  const open =
    (outcome.type === 'cut off' || outcome.type === 'wire') &&
    marks.at(-1)?.sign !== codexLetters.exited;
  return folded(open ? line.padEnd(Math.floor(axis.at(endMs)), '-').slice(0, room) : line, axis);
};

/** Colours a line by the kinds of its marks. */
export const painted = (line: string, marks: readonly Mark[], paint: Paint): string => {
  const kinds = new Map(marks.map(({ sign, kind }) => [sign, kind]));
  return line.replace(/[^-≈]+|[-≈]+/gu, (piece) =>
    /^[-≈]/.test(piece)
      ? paint('dim', piece)
      : piece.replace(/[A-Za-z!?]/g, (sign) => paint(kinds.get(sign) ?? 'dim', sign)),
  );
};

/** A span as a bar, with its duration behind, before or inside the bar, where there is room. */
export const spanLine = (
  span: TimelineSpan,
  axis: Axis,
  endMs: number,
  room: number,
  paint: Paint,
): string => {
  const start = Math.min(room - 1, Math.floor(axis.at(span.startMs)));
  const end = Math.min(room - 1, Math.floor(axis.at(span.endMs ?? endMs)));
  const length = end - start + 1;
  const bar = folded(
    ' '.repeat(start) +
      (span.endMs === undefined ? `${'━'.repeat(length - 1)}╍` : '━'.repeat(length)),
    axis,
  ).slice(start);
  const text = spanText(span, endMs);
  const kind = span.failed ? 'failure' : span.kind;
  if (end + 2 + text.length <= room) return `${' '.repeat(start)}${paint(kind, bar)} ${text}`;
  if (start > text.length)
    return `${' '.repeat(start - text.length - 1)}${text} ${paint(kind, bar)}`;
  if (length < text.length + 4) return `${' '.repeat(start)}${paint(kind, bar)}`;
  return `${' '.repeat(start)}${paint(kind, bar.slice(0, length - text.length - 4))} ${text} ${paint(kind, bar.slice(-2))}`;
};
