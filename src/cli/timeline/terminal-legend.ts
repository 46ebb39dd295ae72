import { fit, widthOf } from '../../text/display-width.js';
import { legendOf, type Mark } from './model.js';
import type { Paint } from './paint.js';

/** The greatest width of an entry, in columns. */
const LEGEND = 44;

/** The legend of a lane. */
export const legendRows = (
  heading: string,
  marks: readonly Mark[],
  width: number,
  paint: Paint,
): readonly string[] => {
  const entries = legendOf(marks).map(({ sign, kind, meaning }) => ({
    kind,
    text: fit(`${sign} ${meaning}`, Math.min(LEGEND, width - HEADING)),
  }));
  const byText = new Map(entries.map(({ kind, text }) => [text, kind]));
  return wrapped(
    entries.map(({ text }) => text),
    '  ',
    heading,
    width,
    (text) => paint(byText.get(text) ?? 'dim', text.slice(0, 1)) + text.slice(1),
  );
};

/** Columns of the heading before the lines. */
const HEADING = 11;

/** Wraps parts into lines behind a heading. A part that is wider than a line is cut. */
export const wrapped = (
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
