import { map, type OperatorFunction } from 'rxjs';
import type { Line } from './line.js';

/** A line that cannot be used. It is a value, logged and counted; it never ends a stream. */
export interface Malformed {
  readonly type: 'malformed';
  readonly reason: string;
  /** The first 200 characters of the line; empty when the line was too long to be kept. */
  readonly sample: string;
}

export type Parsed = { readonly type: 'json'; readonly value: unknown } | Malformed;

const SAMPLE = 200;

export const malformed = (reason: string, text: string): Malformed => ({
  type: 'malformed',
  reason,
  sample: text.slice(0, SAMPLE),
});

/** The most reasons of malformed lines that are told. */
const MAX_REASONS = 20;

/** Whether a malformed line has a reason of its own, so that each is told once, and 20 at most. */
export const createNewReasons = () => {
  const told = new Set<string>();
  return ({ reason }: Malformed): boolean =>
    told.size < MAX_REASONS && told.size < told.add(reason).size;
};

/**
 * Parses each line as JSON.
 *
 * Emits one value for each line: `json` with the parsed value (the last one of a duplicate key, as
 * with JSON.parse), or `malformed` for a line that is not JSON or was too long. Completes and fails
 * with the source; a bad line is not an error. Unsubscribe unsubscribes from the source. `read` is
 * JSON.parse, or a parser like it.
 */
export const parseJson = (read: Read = JSON.parse): OperatorFunction<Line, Parsed> =>
  map((line) => parseLine(line, read));

type Read = (text: string) => unknown;

export const parseLine = (line: Line, read: Read = JSON.parse): Parsed => {
  if (typeof line !== 'string')
    return malformed(
      'overlong' in line
        ? `a line of ${line.overlong} bytes is over the bound`
        : `a line of ${line.undecodable} bytes is not UTF-8`,
      '',
    );
  try {
    return { type: 'json', value: read(line.startsWith('\uFEFF') ? line.slice(1) : line) };
  } catch {
    return malformed('not JSON', line);
  }
};
