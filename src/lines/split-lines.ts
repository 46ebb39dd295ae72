import { isAscii, isUtf8, transcode } from 'node:buffer';
import { defer, type OperatorFunction } from 'rxjs';
import { emitAll } from '../streams/emit-all.js';

/** A line of more than the maximum length: only its size is kept. */
export interface OverlongLine {
  /** Bytes, without the line feed. */
  readonly overlong: number;
}

/** A line that is no UTF-8. */
export interface UndecodableLine {
  /** Bytes, without the line feed. */
  readonly undecodable: number;
}

export type Line = string | OverlongLine | UndecodableLine;

export interface SplitOptions {
  /** Whether a line that is no UTF-8 is refused, instead of decoded with U+FFFD. */
  readonly strict?: boolean;
}

/** 128 MiB: twice the longest line that has to be read. */
export const MAX_LINE_BYTES = 128 * 1024 * 1024;

/**
 * Splits bytes into lines at LF, and at nothing else: U+2028 is text.
 *
 * Emits each line when its LF arrives, and a last line without LF when the source completes. Drops
 * the CR before an LF and empty lines; decodes invalid UTF-8 as U+FFFD, or emits `UndecodableLine`
 * when `strict`. Emits `OverlongLine` for a line of more than `maxBytes`, whose bytes are not kept.
 * Completes and fails with the source. Unsubscribe drops an unfinished line. Takes linear time: it
 * searches only the new chunk, and decodes whole lines, so that a chunk never splits a character.
 */
export const splitLines =
  (
    maxBytes = MAX_LINE_BYTES,
    { strict = false }: SplitOptions = {},
  ): OperatorFunction<Uint8Array, Line> =>
  (source$) =>
    defer(() => {
      const cutter = createCutter(maxBytes, strict);
      return source$.pipe(emitAll(cutter.push, cutter.end));
    });

const LF = 0x0a;

/** Bytes by which the store grows. One step is kept from line to line. */
const STEP = 1024 * 1024;

/** How many times larger the next store is, when a line has filled one. */
const GROWTH = 16;

/** Cuts chunks into lines, as `splitLines` does. */
export const createCutter = (maxBytes: number, strict = false) => {
  // A store grows in place and shrinks at once: a long line is in memory once while it arrives, not
  // both in pieces and as a whole. Its maximum is address space, which may be limited as well
  // (`ulimit -v`): only a long line gets a large store.
  const small = new ArrayBuffer(0, { maxByteLength: Math.min(maxBytes, STEP) });
  let store = small;
  let size = 0;

  const reserve = (bytes: number): void => {
    let maxByteLength = store.maxByteLength;
    while (maxByteLength < bytes) maxByteLength = Math.min(maxBytes, maxByteLength * GROWTH);
    if (maxByteLength === store.maxByteLength) return;
    const larger = new ArrayBuffer(store.byteLength, { maxByteLength });
    new Uint8Array(larger).set(new Uint8Array(store));
    store.resize(0);
    store = larger;
  };
  const clear = (): void => {
    store.resize(0);
    store = small;
  };

  const keep = (piece: Uint8Array): void => {
    const at = size;
    size += piece.length;
    if (size > maxBytes) clear();
    else if (piece.length > 0) {
      reserve(size);
      if (size > store.byteLength) store.resize(Math.min(maxBytes, Math.ceil(size / STEP) * STEP));
      new Uint8Array(store, at).set(piece);
    }
  };
  const end = (): Line[] => {
    const bytes = Buffer.from(store, 0, Math.min(size, store.byteLength));
    const line: Line =
      size > maxBytes
        ? { overlong: size }
        : strict && !isUtf8(bytes)
          ? { undecodable: size }
          : bytes.toString('utf8', 0, size);
    if (store !== small) clear();
    size = 0;
    return typeof line === 'string' ? wholeLines(line) : [line];
  };
  const cut = (whole: Buffer): Line[] => {
    const lines: Line[] = [];
    for (let start = 0; start < whole.length; ) {
      const feed = whole.indexOf(LF, start);
      keep(whole.subarray(start, feed));
      lines.push(...end());
      start = feed + 1;
    }
    return lines;
  };
  const push = (bytes: Uint8Array): Line[] => {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = chunk.indexOf(LF);
    if (first === -1) {
      keep(chunk);
      return [];
    }
    // The first line is one of the whole ones, unless a piece of it came before.
    const start = size === 0 ? 0 : first + 1;
    if (start > 0) keep(chunk.subarray(0, first));
    const head = start > 0 ? end() : [];
    const last = chunk.lastIndexOf(LF);
    // No line is longer than its chunk.
    const isPlain = last - start <= maxBytes && !(strict && !isUtf8(chunk.subarray(start, last)));
    const whole = isPlain
      ? wholeLines(textOf(chunk.subarray(start, last)))
      : cut(chunk.subarray(start, last + 1));
    keep(chunk.subarray(last + 1));
    return whole.length === 0 ? head : [...head, ...whole];
  };
  return { push, end };
};

/** `toString('utf8')`, which takes three times as long for text beyond ASCII; for short texts. */
const textOf = (bytes: Buffer): string =>
  isAscii(bytes) || !isUtf8(bytes)
    ? bytes.toString('utf8')
    : transcode(bytes, 'utf8', 'utf16le').toString('utf16le');

const wholeLines = (text: string): Line[] => {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const next = feed === -1 ? text.length : feed;
    const end = next > start && text[next - 1] === '\r' ? next - 1 : next;
    const line = text.slice(start, end);
    if (line !== '') lines.push(line);
    start = next + 1;
  }
  return lines;
};
