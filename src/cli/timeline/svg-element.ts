import { printableLine } from '../../text/printable.js';

type Attributes = Readonly<Record<string, string | number>>;

const escapeXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** An SVG element. `children` are XML. Numbers are px, rounded to tenths. */
export const element = (
  name: string,
  attributes: Attributes,
  ...children: readonly string[]
): string => {
  const given = Object.entries(attributes).map(
    ([key, value]) =>
      ` ${key}="${typeof value === 'number' ? Number(value.toFixed(1)) : escapeXml(value)}"`,
  );
  const opened = `<${name}${given.join('')}`;
  return children.length === 0 ? `${opened}/>` : `${opened}>${children.join('')}</${name}>`;
};

/** Any text as XML, escaped and printable. */
export const xmlText = (text: string): string => escapeXml(printableLine(text));

/** A line of text; `y` is its baseline. */
export const label = (
  x: number,
  y: number,
  look: string,
  text: string,
  more: Attributes = {},
): string => element('text', { x, y, class: look, ...more }, xmlText(text));

/** A text that is shown under the pointer. */
export const tooltip = (text: string): string => element('title', {}, xmlText(text));

/** The XML of a lane. `back` lies below the folds, `front` above them. */
export interface DrawnLane {
  readonly height: number;
  readonly back: string;
  readonly front: string;
}

/** The place of a lane, in px. */
export interface Place {
  /** Returns the x of a moment. */
  readonly x: (ms: number) => number;
  /** The ends of the arrows. */
  readonly left: number;
  readonly right: number;
  /** The top of the lane. */
  readonly top: number;
  readonly endMs: number;
}

/** The time arrow of a lane. */
export const arrow = (left: number, right: number, y: number): string =>
  element('path', { class: 'line', d: `M${left} ${y}H${right}m-7 -4.5l7 4.5l-7 4.5` });
