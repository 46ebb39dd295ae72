import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { defer, filter, firstValueFrom, from, type Observable } from 'rxjs';
import type { Usage } from '../../canonical/turn-event.js';
import { type Parsed, parseJson } from '../../lines/parse-json.js';
import { always$ } from '../../lines/readable.js';
import { splitLines } from '../../lines/split-lines.js';
import { totalUsage } from '../events/turn-usage.js';
import { TokenCount } from './rollout-record.js';

/** Where a thread stands before a turn. */
export interface RolloutMark {
  /**
   * Bytes that its rollout has: what comes later is the turn's. Nothing when that cannot be known.
   */
  readonly offset?: number;
  /** The tokens that the thread has used, where that is known. */
  readonly total?: Usage | undefined;
  /** Why it is not known. */
  readonly problem?: string;
}

/**
 * The lines of a rollout from a byte on, read as JSON, a piece at a time while `ready$` is true.
 * Completes at `to`, or at the end that the file had when it was opened; fails when it cannot be
 * read. Unsubscribe closes it after the piece that is being read.
 */
export const readRollout = (
  file: string,
  offset: number,
  ready$: Observable<boolean> = always$,
  to = Number.POSITIVE_INFINITY,
): Observable<Parsed> =>
  defer(() => {
    const descriptor = openSync(file, 'r');
    return from(
      piecewise(descriptor, offset, Math.min(to, fstatSync(descriptor).size), ready$),
    ).pipe(splitLines(), parseJson());
  });

/**
 * The byte after the last whole line of a file that is being written; `since` when there is
 * none after it. Throws when the file cannot be read.
 */
export const endOfLines = (file: string, since: number): number => {
  const descriptor = openSync(file, 'r');
  try {
    for (let end = fstatSync(descriptor).size; end > since; ) {
      const block = Buffer.allocUnsafe(Math.min(BLOCK, end - since));
      const start = end - block.length;
      const feed = block
        .subarray(0, readSync(descriptor, block, 0, block.length, start))
        .lastIndexOf(LF);
      if (feed !== -1) return start + feed + 1;
      end = start;
    }
    return since;
  } finally {
    closeSync(descriptor);
  }
};

const readPiece = promisify(read);

async function* piecewise(
  descriptor: number,
  offset: number,
  end: number,
  ready$: Observable<boolean>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = offset; at < end; ) {
      await firstValueFrom(ready$.pipe(filter(Boolean)), { defaultValue: true });
      const length = Math.min(BLOCK, end - at);
      const { bytesRead, buffer } = await readPiece(
        descriptor,
        Buffer.allocUnsafe(length),
        0,
        length,
        at,
      );
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    closeSync(descriptor);
  }
}

const BLOCK = 256 * 1024;
/**
 * Bytes that nearly always hold the last total; large buffers at each turn would call the garbage
 * collector.
 */
const FIRST_BLOCK = 4 * 1024;
/** Bytes before the end in which the last total is looked for: what one turn may write after it. */
const MAX_LOOK_BACK = 64 * 1024 * 1024;
const NEEDLE = Buffer.from('"token_count"');
const LF = 0x0a;

/** The mark of a rollout, found from its end. Throws when the file cannot be read. */
export const markOf = (file: string): RolloutMark => {
  const descriptor = openSync(file, 'r');
  try {
    const offset = fstatSync(descriptor).size;
    return { offset, total: lastTotal(descriptor, offset) };
  } finally {
    closeSync(descriptor);
  }
};

/** The last running total before `end`. A rollout without any has used nothing. */
const lastTotal = (descriptor: number, end: number): Usage | undefined => {
  const stop = Math.max(0, end - MAX_LOOK_BACK);
  let tail = Buffer.alloc(0);
  for (let start = end, most = FIRST_BLOCK; start > stop; most = Math.min(BLOCK, 4 * most)) {
    const length = Math.min(most, start - stop);
    start -= length;
    const block = Buffer.alloc(length);
    readSync(descriptor, block, 0, length, start);
    tail = Buffer.concat([block, tail.subarray(0, BLOCK)]);
    for (
      let at = tail.lastIndexOf(NEEDLE);
      at !== -1;
      at = at === 0 ? -1 : tail.lastIndexOf(NEEDLE, at - 1)
    ) {
      const total = totalIn(tail, at);
      if (total !== undefined) return total;
    }
  }
  return stop === 0 ? totalUsage(undefined) : undefined;
};

const totalIn = (bytes: Buffer, at: number): Usage | undefined => {
  const next = bytes.indexOf(LF, at);
  const line = bytes.toString(
    'utf8',
    bytes.lastIndexOf(LF, at) + 1,
    next === -1 ? bytes.length : next,
  );
  try {
    const record: unknown = JSON.parse(line);
    return TokenCount.is(record) ? totalUsage(record.payload.info.total_token_usage) : undefined;
  } catch {
    return undefined;
  }
};
