import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import * as t from 'io-ts';
import type { Patch } from '../codex/rollout/patch.js';
import { isFile } from '../process/files.js';
import { createTemporary, removeStale } from '../process/temporary-file.js';
import { flushFolder, writeAll } from './durable-write.js';
import { patchSteps } from './patch-steps.js';

/** The file that holds the original bytes of `file` while it is being patched. */
export const journalOf = (file: string): string => `${file}.plexum-undo`;

/**
 * The first line of a journal. The original bytes of the regions follow in order, then the SHA-256
 * of everything before as 64 hex characters.
 */
const Header = t.type({
  version: t.literal(1),
  /** Size of the patched file. */
  size: t.number,
  /** Offset and length. */
  regions: t.array(t.tuple([t.number, t.number])),
});
type Header = t.TypeOf<typeof Header>;
const DIGEST = 64;

/**
 * Writes the original bytes of the patched regions to the journal of `file`, and flushes it. The
 * journal gets its name only when it is complete. Handles `stepBytes` bytes per resumption, and
 * yields the name of the step. Returns the byte of the journal where the original bytes begin.
 */
export function* writeJournal(
  file: string,
  descriptor: number,
  patches: readonly Patch[],
  stepBytes: number,
): Generator<string, number> {
  removeTemporaries(file);
  let isRenamed = false;
  const { name: temporary, descriptor: journal } = createTemporary(journalOf(file));
  try {
    const hash = createHash('sha256');
    const append = (bytes: Buffer): void => {
      hash.update(bytes);
      writeAll(journal, bytes);
    };
    const header: Header = {
      version: 1,
      size: fstatSync(descriptor).size,
      regions: patches.map(({ offset, length }) => [offset, length]),
    };
    const headLine = Buffer.from(`${JSON.stringify(header)}\n`);
    append(headLine);
    for (const step of patchSteps(patches, stepBytes)) {
      for (const { offset, length } of step) {
        const original = Buffer.alloc(length);
        if (readSync(descriptor, original, 0, length, offset) !== length)
          throw new Error('the rollout became shorter while it was read');
        append(original);
      }
      yield 'saved';
    }
    writeAll(journal, Buffer.from(hash.digest('hex')));
    fsyncSync(journal);
    yield 'journal flushed';
    renameSync(temporary, journalOf(file));
    isRenamed = true;
    flushFolder(file);
    yield 'journal in place';
    return headLine.length;
  } finally {
    closeSync(journal);
    if (!isRenamed) rmSync(temporary, { force: true });
  }
}

/**
 * Restores a file whose patch was interrupted, and removes the journal; restores only the first
 * `written` bytes of the regions when no other byte was written. Returns whether the journal was
 * complete. Throws when the disk refuses; it can be called again then.
 */
export const undoPatch = (file: string, written = Infinity): boolean => {
  removeTemporaries(file);
  // No plugin has made a pipe of this name, which would wait for a writer.
  if (!isFile(journalOf(file))) return false;
  const isTooLarge = statSync(journalOf(file)).size > mostBytes(file);
  const bytes = isTooLarge ? Buffer.alloc(0) : readFileSync(journalOf(file));
  const header = headerOf(bytes);
  // An incomplete journal was not on disk before the file was touched: nothing to restore.
  if (header !== undefined) {
    const start = bytes.indexOf('\n') + 1;
    restore(file, header, bytes.subarray(start, Math.min(bytes.length - DIGEST, start + written)));
  }
  removeJournal(file);
  flushFolder(file);
  return header !== undefined;
};

/** The most bytes of a journal: a region and its numbers are each shorter than a line. */
const mostBytes = (file: string): number =>
  2 * (statSync(file, { throwIfNoEntry: false })?.size ?? Infinity) + 64 * 1024;

/** Removes the journal of `file`. The removal is on disk once the folder is flushed. */
export const removeJournal = (file: string): void => {
  rmSync(journalOf(file), { force: true });
};

/** Removes the journals that killed processes have not completed, older plugins' too. */
const removeTemporaries = (file: string): void => {
  rmSync(`${journalOf(file)}.tmp`, { force: true });
  removeStale(journalOf(file));
};

const restore = (file: string, { size, regions }: Header, originals: Buffer): void => {
  const target = openSync(file, 'r+');
  try {
    // A file that is shorter than the patched one has been replaced.
    if (fstatSync(target).size < size) return;
    let at = 0;
    for (const [offset, length] of regions) {
      writeAll(target, originals.subarray(at, at + length), offset);
      at += length;
    }
    fsyncSync(target);
  } finally {
    closeSync(target);
  }
};

/** The header of a complete journal. */
const headerOf = (journal: Buffer): Header | undefined => {
  const digest = createHash('sha256').update(journal.subarray(0, -DIGEST)).digest('hex');
  if (digest !== journal.toString('latin1', journal.length - DIGEST)) return undefined;
  try {
    const header: unknown = JSON.parse(journal.toString('utf8', 0, journal.indexOf('\n')));
    return Header.is(header) ? header : undefined;
  } catch {
    return undefined;
  }
};
