import { map, type OperatorFunction } from 'rxjs';
import type { Line } from './split-lines.js';

/** A line that was read and could not be used. It is counted and logged; it never ends a stream. */
export interface Malformed {
  readonly type: 'malformed';
  readonly reason: string;
  /** The beginning of the line, at most 200 characters; empty when the line was not kept. */
  readonly sample: string;
}

export type Parsed = { readonly type: 'json'; readonly value: unknown } | Malformed;

const SAMPLE = 200;

export const malformed = (reason: string, text: string): Malformed => ({
  type: 'malformed',
  reason,
  sample: text.slice(0, SAMPLE),
});

/**
 * Reads each line as JSON.
 *
 * Emits one value a line: `json` with what was read (of a duplicate key the last value, as
 * JSON.parse has it), or `malformed` for noise and for lines over the bound. Never fails by itself;
 * completes, fails and is unsubscribed with the source.
 */
export const parseJson = (): OperatorFunction<Line, Parsed> => map(parseLine);

export const parseLine = (line: Line): Parsed => {
  if (typeof line !== 'string')
    return malformed(`a line of ${line.overlong} bytes is over the bound`, '');
  try {
    return { type: 'json', value: JSON.parse(line.startsWith('\uFEFF') ? line.slice(1) : line) };
  } catch {
    return malformed('not JSON', line);
  }
};
