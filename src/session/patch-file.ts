import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { Patch } from '../ports.js';
import { flushFolder, writeAll } from './durable-write.js';
import { patchSteps } from './patch-steps.js';
import { removeJournal, undoPatch, writeJournal } from './undo-journal.js';

const STEP_BYTES = 4 * 1024 * 1024;
const SPACE = 0x20;

/**
 * Patches a file in place. A crash at any moment leaves the file, after `undoPatch`, either as it
 * was or fully patched: the original bytes are flushed to a journal beside the file before the
 * first byte changes, and the journal is removed after the last change is flushed.
 *
 * Handles at most `stepBytes` bytes per resumption and yields the name of the step. Throws when the
 * disk refuses. A throw or an early return leaves the file as it was.
 */
export function* patchFile(
  file: string,
  patches: readonly Patch[],
  stepBytes = STEP_BYTES,
): Generator<string, void> {
  const target = openSync(file, 'r+');
  let isPatched = false;
  try {
    yield* writeJournal(file, target, patches, stepBytes);
    for (const step of patchSteps(patches, stepBytes)) {
      for (const { offset, length, text, at } of step) {
        const piece = Buffer.alloc(length, SPACE);
        text.copy(piece, 0, Math.min(at, text.length));
        writeAll(target, piece, offset);
      }
      yield 'patched';
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
    if (!isPatched) tryUndo(file);
  }
}

const tryUndo = (file: string): void => {
  try {
    undoPatch(file);
  } catch {
    // The journal stays: the file is restored before its next use.
  }
};
