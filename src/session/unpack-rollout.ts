import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { Decompress } from 'fzstd';
import { catchError, defer, EMPTY, ignoreElements, type Observable } from 'rxjs';
import { RolloutError } from '../codex/rollout/find-rollout.js';
import { createTemporary } from '../process/temporary-file.js';
import { reasonOf } from '../text/explain.js';
import { flushFolder, writeAll } from './durable-write.js';
import { withRolloutLock } from './rollout-lock.js';
import { runSteps } from './run-steps.js';

/**
 * Unpacks a rollout that codex has compressed, as codex 0.137 and newer do when they resume its
 * thread; older ones cannot. The packed file is removed once the other one is whole and on disk:
 * it has the size that the frame names, if it names one, and ends with a record.
 *
 * Emits nothing; completes when the file is there, whoever unpacked it. Fails with `RolloutError`
 * when the packed file is damaged, with the error of the system when it cannot be read or the disk
 * refuses, and with `BusyError` while another plugin changes the thread. Unsubscribe leaves the
 * packed file as it was.
 */
export const unpackRollout = (packed: string, link = linkSync): Observable<never> => {
  const file = packed.replace(/\.zst$/, '');
  return withRolloutLock(
    file,
    defer(() =>
      existsSync(file)
        ? EMPTY
        : runSteps(() => unpack(packed, file, link)).pipe(
            ignoreElements(),
            catchError((error: unknown) => {
              throw isOfSystem(error) ? error : damageOf(packed, error);
            }),
          ),
    ),
  );
};

const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

const damageOf = (packed: string, error: unknown): RolloutError =>
  new RolloutError(
    `${packed} is damaged: ${reasonOf(error)}; put back a copy of it, or let the next turn of the workspace begin a new thread`,
  );

/** Small, because it may unpack to a thousand times as much. */
const BLOCK_BYTES = 32 * 1024;

function* unpack(packed: string, file: string, link: typeof linkSync): Generator<string, void> {
  const source = openSync(packed, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { name: temporary, descriptor: target } = createTemporary(file);
    try {
      yield* unpackInto(target, source);
      if (!existsSync(file)) giveName(temporary, file, link);
      flushFolder(file);
      rmSync(packed, { force: true });
    } finally {
      closeSync(target);
      rmSync(temporary, { force: true });
    }
  } finally {
    closeSync(source);
  }
}

function* unpackInto(target: number, source: number): Generator<string, void> {
  const unpacking = new Decompress((chunk) => writeAll(target, Buffer.from(chunk)));
  const { size, atime, mtime } = fstatSync(source);
  if (size === 0) throw new Error('it is empty');
  let least = 0;
  for (let at = 0; at < size; ) {
    const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size - at));
    const length = readSync(source, block, 0, block.length, at);
    if (length === 0) throw new Error('it became shorter while it was read');
    if (at === 0) least = sizeIn(block.subarray(0, length));
    at += length;
    unpacking.push(block.subarray(0, length), at >= size);
    yield 'unpacked';
  }
  if (fstatSync(target).size < least || !endsWithRecord(target))
    throw new Error('what it unpacks to is not whole');
  // codex sorts threads by the time of their file.
  futimesSync(target, atime, mtime);
  fsyncSync(target);
}

/** Names the file. A rename would replace the file of a codex that unpacks it in this moment. */
const giveName = (temporary: string, file: string, link: typeof linkSync): void => {
  try {
    link(temporary, file);
  } catch {
    if (existsSync(file)) return;
    // The file system has no links, or the name has become free again.
    renameSync(temporary, file);
  }
};

/** Bytes at the end of a rollout in which its last record is looked for. */
const TAIL_BYTES = 256 * 1024;

/** Whether the file is empty, or its last line is a record; of a long line only the end counts. */
const endsWithRecord = (descriptor: number): boolean => {
  const { size } = fstatSync(descriptor);
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  readSync(descriptor, tail, 0, tail.length, size - tail.length);
  if (size === 0) return true;
  if (tail.at(-1) !== LINE_FEED) return false;
  const before = tail.lastIndexOf(LINE_FEED, tail.length - 2);
  if (before === -1 && size > tail.length) return tail.at(-2) === CLOSE;
  try {
    return typeof JSON.parse(tail.toString('utf8', before + 1)) === 'object';
  } catch {
    return false;
  }
};

const LINE_FEED = 0x0a;
const CLOSE = 0x7d;

/** The size of the content that a zstd frame names (RFC 8878, 3.1.1.1); 0 when it names none. */
const sizeIn = (frame: Buffer): number => {
  const descriptor = frame[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const length = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  if (length === 0 || frame.length < at + length) return 0;
  // Six bytes count up to 2^48, and no rollout is larger.
  return frame.readUIntLE(at, Math.min(length, 6)) + (length === 2 ? 256 : 0);
};
