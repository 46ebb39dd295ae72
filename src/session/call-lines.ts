import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { mergeMap, type Observable } from 'rxjs';
import { MAX_LINE_BYTES } from '../lines/split-lines.js';
import type { RolloutLine } from '../ports.js';
import { inTurns } from './in-turns.js';
import { judged, names } from './judge-line.js';

/**
 * The lines of a rollout that hold a call of one of the `ids`, or its output.
 *
 * Emits them in order, as bytes; lines that only name such a call are among them, since nothing is
 * parsed here, lines of more than 128 MiB are not. Reads the file once, a piece of 1 MiB each turn
 * of the event loop: a line is judged by its beginning, and searched only where that does not tell.
 * An id inside a text is none: there its quotes are escaped. Completes at the end that the file
 * had, fails when it cannot be read. Unsubscribe stops before the next piece.
 */
export const callLines = (file: string, ids: ReadonlySet<string>): Observable<RolloutLine> =>
  inTurns(() => piecewise(file, ids)).pipe(mergeMap((lines) => lines));

const LF = 0x0a;
/**
 * Small enough for the cache of a core, where it is walked then. Read at once: to wake a thread of
 * the pool for it takes as long.
 */
const PIECE = 1024 * 1024;

function* piecewise(
  file: string,
  ids: ReadonlySet<string>,
): Generator<readonly RolloutLine[], void> {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.allocUnsafe(Math.min(PIECE, size));
    for (let start = 0; start < size; ) {
      const piece = bytesAt(descriptor, buffer, start, size);
      if (piece.length === 0) return;
      const end = start + piece.length === size ? piece.length : piece.lastIndexOf(LF) + 1;
      if (end > 0) {
        yield linesIn(piece.subarray(0, end), start, ids);
        start += end;
        continue;
      }
      const other = judged(piece, 0, ids) === false;
      const next = yield* endOfLine(descriptor, buffer, start + piece.length, size);
      if (!other && next - start <= MAX_LINE_BYTES + 1)
        yield linesIn(yield* longLine(descriptor, start, next), start, ids);
      start = next;
    }
  } finally {
    closeSync(descriptor);
  }
}

const bytesAt = (descriptor: number, buffer: Buffer, position: number, size: number): Buffer =>
  buffer.subarray(
    0,
    readSync(descriptor, buffer, 0, Math.min(buffer.length, size - position), position),
  );

/** The byte after the line feed of the line that goes on at `from`. */
function* endOfLine(
  descriptor: number,
  scratch: Buffer,
  from: number,
  size: number,
): Generator<readonly RolloutLine[], number> {
  for (let at = from; at < size; ) {
    yield [];
    const piece = bytesAt(descriptor, scratch, at, size);
    const feed = piece.indexOf(LF);
    if (feed !== -1) return at + feed + 1;
    if (piece.length === 0) break;
    at += piece.length;
  }
  return size;
}

function* longLine(
  descriptor: number,
  start: number,
  end: number,
): Generator<readonly RolloutLine[], Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let at = 0; at < bytes.length; ) {
    yield [];
    const piece = bytesAt(descriptor, bytes.subarray(at, at + PIECE), start + at, end);
    if (piece.length === 0) return bytes.subarray(0, at);
    at += piece.length;
  }
  return bytes;
}

const linesIn = (bytes: Buffer, start: number, ids: ReadonlySet<string>): RolloutLine[] => {
  const lines: RolloutLine[] = [];
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(LF, at);
    const end = feed === -1 ? bytes.length : feed;
    // A copy: the piece is read into again.
    if (judged(bytes, at, ids) ?? names(bytes.subarray(at, end), ids))
      lines.push({ offset: start + at, bytes: Buffer.from(bytes.subarray(at, end)) });
    at = end + 1;
  }
  return lines;
};
