import { element } from './svg-element.js';

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
