import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { concatAll, type Observable } from 'rxjs';
import { MAX_LINE_BYTES } from '../lines/split-lines.js';
import type { RolloutLine } from '../ports.js';
import { matchesCall, mentionsCall } from './match-call.js';
import { runSteps } from './run-steps.js';

/**
 * Finds the lines of a rollout that may hold a call, or the output of a call, with one of `ids`.
 *
 * Emits these lines in file order, as bytes, without parsing them: a line that only mentions such a
 * call is emitted too, and a line of more than 128 MiB is skipped. Reads 1 MiB per turn of the
 * event loop. Completes at the size that the file has on subscription; fails when the file cannot
 * be read. Unsubscribe stops before the next read and closes the file.
 */
export const callLines = (file: string, ids: ReadonlySet<string>): Observable<RolloutLine> =>
  runSteps(() => readBlocks(file, ids)).pipe(concatAll());

const LF = 0x0a;
/**
 * Small enough for the cache of one core. Read synchronously: waking a thread of the pool would
 * take as long as the read.
 */
const BLOCK_BYTES = 1024 * 1024;

function* readBlocks(
  file: string,
  ids: ReadonlySet<string>,
): Generator<readonly RolloutLine[], void> {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size));
    for (let start = 0; start < size; ) {
      const block = readAt(descriptor, buffer, start, size);
      if (block.length === 0) return;
      const end = start + block.length === size ? block.length : block.lastIndexOf(LF) + 1;
      if (end > 0) {
        yield callLinesIn(block.subarray(0, end), start, ids);
        start += end;
        continue;
      }
      const isOther = matchesCall(block, 0, ids) === false;
      const next = yield* endOfLine(descriptor, buffer, start + block.length, size);
      if (!isOther && next - start <= MAX_LINE_BYTES + 1)
        yield callLinesIn(yield* longLine(descriptor, start, next), start, ids);
      start = next;
    }
  } finally {
    closeSync(descriptor);
  }
}

const readAt = (descriptor: number, buffer: Buffer, position: number, size: number): Buffer =>
  buffer.subarray(
    0,
    readSync(descriptor, buffer, 0, Math.min(buffer.length, size - position), position),
  );

/** Where the line after the one that continues at `from` begins. */
function* endOfLine(
  descriptor: number,
  scratch: Buffer,
  from: number,
  size: number,
): Generator<readonly RolloutLine[], number> {
  for (let at = from; at < size; ) {
    yield [];
    const block = readAt(descriptor, scratch, at, size);
    const feed = block.indexOf(LF);
    if (feed !== -1) return at + feed + 1;
    if (block.length === 0) break;
    at += block.length;
  }
  return size;
}

/** The bytes of a line that is longer than a block. */
function* longLine(
  descriptor: number,
  start: number,
  end: number,
): Generator<readonly RolloutLine[], Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let at = 0; at < bytes.length; ) {
    yield [];
    const block = readAt(descriptor, bytes.subarray(at, at + BLOCK_BYTES), start + at, end);
    if (block.length === 0) return bytes.subarray(0, at);
    at += block.length;
  }
  return bytes;
}

const callLinesIn = (bytes: Buffer, start: number, ids: ReadonlySet<string>): RolloutLine[] => {
  const lines: RolloutLine[] = [];
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(LF, at);
    const end = feed === -1 ? bytes.length : feed;
    // A copy, because the next block is read into the same buffer.
    if (matchesCall(bytes, at, ids) ?? mentionsCall(bytes.subarray(at, end), ids))
      lines.push({ offset: start + at, bytes: Buffer.from(bytes.subarray(at, end)) });
    at = end + 1;
  }
  return lines;
};
