import { printableLine } from '../../text/printable.js';

type Attributes = Readonly<Record<string, string | number>>;

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** An element of SVG; `children` are XML already. Numbers are px, rounded to tenths. */
export const element = (
  name: string,
  attributes: Attributes,
  ...children: readonly string[]
): string => {
  const given = Object.entries(attributes).map(
    ([key, value]) =>
      ` ${key}="${typeof value === 'number' ? Number(value.toFixed(1)) : escaped(value)}"`,
  );
  const opened = `<${name}${given.join('')}`;
  return children.length === 0 ? `${opened}/>` : `${opened}>${children.join('')}</${name}>`;
};

/** A text as XML, whatever it is. */
export const xmlText = (text: string): string => escaped(printableLine(text));

/** A line of text; `y` is its baseline. */
export const label = (
  x: number,
  y: number,
  look: string,
  text: string,
  more: Attributes = {},
): string => element('text', { x, y, class: look, ...more }, xmlText(text));

/** What a pointer shows. */
export const tooltip = (text: string): string => element('title', {}, xmlText(text));

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

/** The line that time runs along, with its arrow. */
export const arrow = (left: number, right: number, y: number): string =>
  element('path', { class: 'line', d: `M${left} ${y}H${right}m-7 -4.5l7 4.5l-7 4.5` });
