import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import type { Patch } from '../ports.js';

/** Where the original bytes of a file lie while it is being patched. */
export const journalOf = (file: string): string => `${file}.plexum-undo`;

/**
 * First line of a journal; the original bytes of the regions follow, in their order, and 64
 * characters of their SHA-256.
 */
const Header = t.type({
  version: t.literal(1),
  size: t.number,
  regions: t.array(t.tuple([t.number, t.number])),
});

/** Bytes of one step. */
const STEP_BYTES = 4 * 1024 * 1024;
const SPACE = 0x20;

/**
 * Patches a file in place, so that a crash at any moment leaves it as it was or as it should be,
 * once `undo` has looked: the original bytes are on disk, in a journal beside the file, before the
 * first is changed, and the journal goes when the last change is on disk.
 *
 * A step each time it is resumed, of at most `stepBytes`; it names the step. Throws when the disk
 * refuses. Then, and when it is stopped in between, the file is as it was.
 */
export function* patchFile(
  file: string,
  patches: readonly Patch[],
  stepBytes = STEP_BYTES,
): Generator<string, void> {
  const target = openSync(file, 'r+');
  let done = false;
  try {
    yield* writeJournal(target, journalOf(file), patches, stepBytes);
    for (const step of stepsOf(patches, stepBytes)) {
      for (const { offset, length, text, at } of step) {
        const piece = Buffer.alloc(length, SPACE);
        text.copy(piece, 0, Math.min(at, text.length));
        writeAll(target, piece, offset);
      }
      yield 'patched';
    }
    fsyncSync(target);
    yield 'flushed';
    rmSync(journalOf(file), { force: true });
    done = true;
    try {
      flushFolder(file);
    } catch {
      // What a crash of the system brings back now is a whole journal.
    }
  } finally {
    closeSync(target);
    if (!done) undoLater(file);
  }
}

/** A part of a patch, `at` bytes after its beginning. */
interface Piece extends Patch {
  readonly at: number;
}

/** The patches in steps of `stepBytes` together; one that is longer is cut. */
function* stepsOf(patches: readonly Patch[], stepBytes: number): Generator<readonly Piece[]> {
  let step: Piece[] = [];
  let room = stepBytes;
  for (const { offset, length, text } of patches) {
    for (let at = 0; at < length; ) {
      const taken = Math.min(room, length - at);
      step.push({ offset: offset + at, length: taken, text, at });
      at += taken;
      room -= taken;
      if (room > 0) continue;
      yield step;
      [step, room] = [[], stepBytes];
    }
  }
  if (step.length > 0) yield step;
}

/** What cannot be undone now is undone when the file is used again. */
const undoLater = (file: string): void => {
  try {
    undo(file);
  } catch {
    // The journal stays.
  }
};

/**
 * Rolls a file back that was left in the middle of a patch. Returns whether there was anything to
 * undo; throws when the disk refuses, and can be called again then.
 */
export const undo = (file: string): boolean => {
  const journal = journalOf(file);
  rmSync(`${journal}.tmp`, { force: true });
  if (!existsSync(journal)) return false;
  const bytes = readFileSync(journal);
  const read = parsed(bytes);
  // A journal that is not whole was not on disk before the file was touched: nothing to undo.
  if (read !== undefined) rollBack(file, read.header, bytes.subarray(read.start));
  removeJournal(file);
  return read !== undefined;
};

const rollBack = (
  file: string,
  { size, regions }: t.TypeOf<typeof Header>,
  bytes: Buffer,
): void => {
  const target = openSync(file, 'r+');
  try {
    // A file that has become shorter is another one.
    if (fstatSync(target).size < size) return;
    let at = 0;
    for (const [offset, length] of regions) {
      writeAll(target, bytes.subarray(at, at + length), offset);
      at += length;
    }
    fsyncSync(target);
  } finally {
    closeSync(target);
  }
};

function* writeJournal(
  target: number,
  journal: string,
  patches: readonly Patch[],
  stepBytes: number,
): Generator<string, void> {
  const temporary = `${journal}.tmp`;
  rmSync(temporary, { force: true });
  let renamed = false;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    const regions = patches.map(({ offset, length }): [number, number] => [offset, length]);
    append(
      descriptor,
      hash,
      Buffer.from(`${JSON.stringify({ version: 1, size: fstatSync(target).size, regions })}\n`),
    );
    for (const step of stepsOf(patches, stepBytes)) {
      for (const { offset, length } of step) {
        const piece = Buffer.alloc(length);
        if (readSync(target, piece, 0, length, offset) !== length)
          throw new Error('the rollout became shorter while it was read');
        append(descriptor, hash, piece);
      }
      yield 'kept';
    }
    writeAll(descriptor, Buffer.from(hash.digest('hex')));
    fsyncSync(descriptor);
    yield 'journal flushed';
    renameSync(temporary, journal);
    renamed = true;
    flushFolder(journal);
    yield 'journal in place';
  } finally {
    closeSync(descriptor);
    if (!renamed) rmSync(temporary, { force: true });
  }
}

const append = (descriptor: number, hash: Hash, bytes: Buffer): void => {
  hash.update(bytes);
  writeAll(descriptor, bytes);
};

const DIGEST = 64;

const parsed = (
  bytes: Buffer,
): { readonly header: t.TypeOf<typeof Header>; readonly start: number } | undefined => {
  const digest = createHash('sha256').update(bytes.subarray(0, -DIGEST)).digest('hex');
  if (digest !== bytes.toString('latin1', bytes.length - DIGEST)) return undefined;
  const start = bytes.indexOf('\n') + 1;
  try {
    const header: unknown = JSON.parse(bytes.toString('utf8', 0, start));
    return Header.is(header) ? { header, start } : undefined;
  } catch {
    return undefined;
  }
};

const removeJournal = (file: string): void => {
  rmSync(journalOf(file), { force: true });
  flushFolder(file);
};

const writeAll = (descriptor: number, bytes: Buffer, position?: number): void => {
  for (let at = 0; at < bytes.length; )
    at += writeSync(
      descriptor,
      bytes,
      at,
      bytes.length - at,
      position === undefined ? null : position + at,
    );
};

/** A new name is on disk only when its folder is. */
const flushFolder = (file: string): void => {
  const folder = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
