import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { concatAll, type Observable } from 'rxjs';
import type { RolloutLine } from '../codex/rollout/patch.js';
import { MAX_LINE_BYTES } from '../lines/line.js';
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
  runSteps(() =>
    readBlocks(
      file,
      (bytes, start, end) =>
        matchesCall(bytes, start, ids) ?? mentionsCall(bytes.subarray(start, end), ids),
      (beginning) => matchesCall(beginning, 0, ids) === false,
    ),
  ).pipe(concatAll());

/**
 * Finds the lines of a rollout that contain one of `texts`. Emits, completes, fails and is
 * unsubscribed as `callLines`.
 */
export const linesWith = (file: string, texts: readonly string[]): Observable<RolloutLine> =>
  runSteps(() =>
    readBlocks(file, (bytes, start, end) => {
      const line = bytes.subarray(start, end);
      return texts.some((text) => line.includes(text));
    }),
  ).pipe(concatAll());

/** Whether the line from `start` to `end` is wanted. */
type IsWanted = (bytes: Buffer, start: number, end: number) => boolean;

const LF = 0x0a;
/**
 * Small enough for the cache of one core. Read synchronously: waking a thread of the pool would
 * take as long as the read.
 */
const BLOCK_BYTES = 1024 * 1024;

/** `isOther`: whether a line with this beginning is surely not wanted. */
function* readBlocks(
  file: string,
  isWanted: IsWanted,
  isOther: (beginning: Buffer) => boolean = () => false,
): Generator<readonly RolloutLine[], void> {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size));
    for (let start = 0; start < size; ) {
      const block = readAt(descriptor, buffer, start, size);
      const end = start + block.length === size ? block.length : block.lastIndexOf(LF) + 1;
      if (end > 0) {
        yield wantedLines(block.subarray(0, end), start, isWanted);
        start += end;
        continue;
      }
      const isLineOther = isOther(block);
      const next = yield* endOfLine(descriptor, buffer, start + block.length, size);
      if (!isLineOther && next - start <= MAX_LINE_BYTES + 1)
        yield wantedLines(yield* longLine(descriptor, start, next), start, isWanted);
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

const wantedLines = (bytes: Buffer, start: number, isWanted: IsWanted): RolloutLine[] => {
  const lines: RolloutLine[] = [];
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(LF, at);
    const end = feed === -1 ? bytes.length : feed;
    // A copy, because the next block is read into the same buffer.
    if (isWanted(bytes, at, end))
      lines.push({ offset: start + at, bytes: Buffer.from(bytes.subarray(at, end)) });
    at = end + 1;
  }
  return lines;
};
