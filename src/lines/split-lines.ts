import { defer, type OperatorFunction } from 'rxjs';
import { emitAll } from '../streams/emit-all.js';
import { createCutter } from './cutter.js';
import { type Line, MAX_LINE_BYTES } from './line.js';

export interface SplitOptions {
  /** Whether a line that is no UTF-8 is refused, instead of decoded with U+FFFD. */
  readonly strict?: boolean;
}

/**
 * Splits bytes into lines at LF, and at nothing else: U+2028 is text.
 *
 * Emits each line when its LF arrives, and a last line without LF when the source completes. Drops
 * the CR before an LF and empty lines; decodes invalid UTF-8 as U+FFFD, or emits `UndecodableLine`
 * when `strict`. Emits `OverlongLine` for a line of more than `maxBytes`, whose bytes are not kept.
 * Completes and fails with the source. Unsubscribe drops an unfinished line. Takes linear time: it
 * searches only the new chunk, and decodes whole lines, so that a chunk never splits a character.
 */
export const splitLines =
  (
    maxBytes = MAX_LINE_BYTES,
    { strict = false }: SplitOptions = {},
  ): OperatorFunction<Uint8Array, Line> =>
  (source$) =>
    defer(() => {
      const cutter = createCutter(maxBytes, strict);
      return source$.pipe(emitAll(cutter.push, cutter.end));
    });
