import { closeSync, fstatSync, openSync, read, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import {
  defer,
  filter,
  finalize,
  firstValueFrom,
  from,
  type Observable,
  Subject,
  takeUntil,
} from 'rxjs';
import { type Parsed, parseJson } from '../../lines/parse-json.js';
import { always$ } from '../../lines/readable.js';
import { splitLines } from '../../lines/split-lines.js';

/**
 * Reads the lines of a rollout as JSON, starting at byte `offset`.
 *
 * Emits one value per line, those of the first block in this turn of the event loop, and reads a
 * block only while `ready$` is true. Completes at byte `to`, or at the size that the file has on
 * subscription. Fails when the file cannot be read. Unsubscribe closes the file after the pending
 * read.
 */
export const readRollout = (
  file: string,
  offset: number,
  ready$: Observable<boolean> = always$,
  to = Number.POSITIVE_INFINITY,
): Observable<Parsed> =>
  defer(() => {
    const stopped$ = new Subject<void>();
    const descriptor = openSync(file, 'r');
    const end = Math.min(to, fstatSync(descriptor).size);
    // A reader that is unsubscribed while it waits would hold the file until the host reads.
    const mayRead$ = ready$.pipe(takeUntil(stopped$));
    return from(readBlocks(descriptor, offset, end, mayRead$)).pipe(
      splitLines(),
      parseJson(),
      finalize(() => stopped$.next()),
    );
  });

/** How far a rollout has been written. */
export interface RolloutEnd {
  /** The byte after the last complete line; less than what was read before of a cut file. */
  readonly end: number;
  /** Names the file: another one has taken its place when this changes. */
  readonly file: string;
}

/**
 * The end of a file that is being written, `since` when no line was completed after `since`. Throws
 * when the file cannot be read.
 */
export const endOfLines = (file: string, since: number): RolloutEnd => {
  const descriptor = openSync(file, 'r');
  try {
    const stats = fstatSync(descriptor);
    return { end: lastEnd(descriptor, since, stats.size), file: fileName(stats) };
  } finally {
    closeSync(descriptor);
  }
};

/** Names a file, wherever it is moved. */
export const fileName = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

const lastEnd = (descriptor: number, since: number, size: number): number => {
  for (let end = size; end > since; ) {
    const block = Buffer.allocUnsafe(Math.min(BLOCK, end - since));
    const start = end - block.length;
    const feed = block
      .subarray(0, readSync(descriptor, block, 0, block.length, start))
      .lastIndexOf(LF);
    if (feed !== -1) return start + feed + 1;
    end = start;
  }
  return Math.min(since, size);
};

const BLOCK = 256 * 1024;
const LF = 0x0a;
const readAsync = promisify(read);

async function* readBlocks(
  descriptor: number,
  offset: number,
  end: number,
  ready$: Observable<boolean>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = offset; at < end; ) {
      await firstValueFrom(ready$.pipe(filter(Boolean)), { defaultValue: true });
      const length = Math.min(BLOCK, end - at);
      const block = Buffer.allocUnsafe(length);
      // Most looks read less than a block, which codex has just written: by another thread of Node
      // the text after it would wait for the flushes of other turns.
      const bytesRead =
        at === offset
          ? readSync(descriptor, block, 0, length, at)
          : (await readAsync(descriptor, block, 0, length, at)).bytesRead;
      if (bytesRead === 0) return;
      at += bytesRead;
      yield block.subarray(0, bytesRead);
    }
  } finally {
    closeSync(descriptor);
  }
}
