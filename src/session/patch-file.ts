import { closeSync, fsyncSync, openSync, readSync } from 'node:fs';
import type { Patch } from '../codex/rollout/patch.js';
import { BusyError } from '../process/lock-holder.js';
import { flushFolder, writeAll } from './durable-write.js';
import { patchSteps } from './patch-steps.js';
import { journalOf, removeJournal, undoPatch, writeJournal } from './undo-journal.js';

const STEP_BYTES = 4 * 1024 * 1024;
const SPACE = 0x20;

/**
 * Patches a file in place. A crash at any moment leaves the file, after `undoPatch`, either as it
 * was or fully patched: the original bytes are flushed to a journal beside the file before the
 * first byte changes, and the journal is removed after the last change is flushed.
 *
 * Handles at most `stepBytes` bytes per resumption and yields the name of the step. Throws when the
 * disk refuses, and `BusyError` when bytes to be replaced are no longer those of the journal. A
 * throw or an early return leaves the file as it was, but keeps what somebody else has written.
 */
export function* patchFile(
  file: string,
  patches: readonly Patch[],
  stepBytes = STEP_BYTES,
): Generator<string, void> {
  const target = openSync(file, 'r+');
  let written = 0;
  let isPatched = false;
  try {
    const start = yield* writeJournal(file, target, patches, stepBytes);
    const journal = openSync(journalOf(file), 'r');
    try {
      for (const step of patchSteps(patches, stepBytes)) {
        for (const { offset, length, text, at } of step) {
          const original = bytesAt(journal, start + written, length);
          if (!bytesAt(target, offset, length).equals(original))
            throw new BusyError('another process changes this thread; try again');
          written += length;
          const piece = Buffer.alloc(length, SPACE);
          text.copy(piece, 0, Math.min(at, text.length));
          writeAll(target, piece, offset);
        }
        yield 'patched';
      }
    } finally {
      closeSync(journal);
    }
    fsyncSync(target);
    yield 'flushed';
    removeJournal(file);
    isPatched = true;
    try {
      flushFolder(file);
    } catch {
      // A crash of the system may bring the journal back, but only as a whole.
    }
  } finally {
    closeSync(target);
    if (!isPatched) tryUndo(file, written);
  }
}

const bytesAt = (descriptor: number, position: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
};

const tryUndo = (file: string, written: number): void => {
  try {
    undoPatch(file, written);
  } catch {
    // The journal stays: the file is restored before its next use.
  }
};
