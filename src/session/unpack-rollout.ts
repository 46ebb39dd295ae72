import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { Decompress } from 'fzstd';
import { defer, EMPTY, ignoreElements, type Observable } from 'rxjs';
import { createTemporary } from '../process/temporary-file.js';
import { flushFolder, writeAll } from './durable-write.js';
import { withRolloutLock } from './rollout-lock.js';
import { runSteps } from './run-steps.js';

/**
 * Unpacks a rollout that codex has compressed, as codex 0.150 and newer do when they resume its
 * thread; older ones cannot. The packed file is removed once the other one is on disk.
 *
 * Emits nothing; completes when the file is there, whoever unpacked it. Fails when the packed file
 * cannot be read, when the disk refuses, and with `BusyError` while another plugin changes the
 * thread. Unsubscribe leaves the packed file as it was.
 */
export const unpackRollout = (packed: string): Observable<never> => {
  const file = packed.replace(/\.zst$/, '');
  return withRolloutLock(
    file,
    defer(() =>
      existsSync(file) ? EMPTY : runSteps(() => unpack(packed, file)).pipe(ignoreElements()),
    ),
  );
};

/** Small, because it may unpack to a thousand times as much. */
const BLOCK_BYTES = 32 * 1024;

function* unpack(packed: string, file: string): Generator<string, void> {
  const source = openSync(packed, 'r');
  const { name: temporary, descriptor: target } = createTemporary(file);
  try {
    const unpacking = new Decompress((chunk) => writeAll(target, Buffer.from(chunk)));
    const { size, atime, mtime } = fstatSync(source);
    if (size === 0) throw new Error(`${packed} is empty`);
    for (let at = 0; at < size; ) {
      const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size - at));
      const length = readSync(source, block, 0, block.length, at);
      if (length === 0) throw new Error(`${packed} became shorter while it was read`);
      at += length;
      unpacking.push(block.subarray(0, length), at >= size);
      yield 'unpacked';
    }
    // codex sorts threads by the time of their file.
    futimesSync(target, atime, mtime);
    fsyncSync(target);
    // A rename would replace the file of a codex that unpacks it in this moment.
    if (!existsSync(file)) linkSync(temporary, file);
    flushFolder(file);
    rmSync(packed, { force: true });
  } finally {
    closeSync(source);
    closeSync(target);
    rmSync(temporary, { force: true });
  }
}
