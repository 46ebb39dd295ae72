import { isUtf8 } from 'node:buffer';
import type { Line } from './line.js';
import { linesOf, textOf } from './line-text.js';

const LF = 0x0a;

/** Bytes by which the store grows. One step is kept from line to line. */
const STEP = 1024 * 1024;

export interface Cutter {
  /** Takes a chunk. Returns the lines that end in it. */
  readonly push: (bytes: Uint8Array) => Line[];
  /** Ends the unfinished line. Returns it, unless it is empty. */
  readonly end: () => Line[];
  /**
   * Has an unfinished line of at least so many bytes read while it arrives. `read` returns how many
   * of its first bytes it has taken; `end` returns what is left, also when that is empty, with what
   * `read` has written there.
   */
  readonly take: (atLeast: number, read: (bytes: Buffer) => number) => void;
}

/** Cuts chunks into lines, as `splitLines` does. */
export const createCutter = (maxBytes: number, strict = false): Cutter => {
  // A store grows in place and shrinks at once: a long line is in memory once while it arrives, not
  // both in pieces and as a whole. Its maximum is address space, which may be limited as well
  // (`ulimit -v`): the first long line makes the large store.
  const small = new ArrayBuffer(0, { maxByteLength: Math.min(maxBytes, STEP) });
  let large: ArrayBuffer | undefined;
  let store = small;
  let size = 0;
  let taken = 0;

  const reserve = (bytes: number): void => {
    if (bytes <= store.maxByteLength) return;
    large ??= new ArrayBuffer(0, { maxByteLength: maxBytes });
    large.resize(store.byteLength);
    new Uint8Array(large).set(new Uint8Array(store));
    store.resize(0);
    store = large;
  };
  const clear = (): void => {
    store.resize(0);
    store = small;
  };
  const kept = (): number => (size > maxBytes ? 0 : size - taken);

  const keep = (piece: Uint8Array): void => {
    const at = kept();
    size += piece.length;
    const length = kept();
    if (size > maxBytes) clear();
    else if (piece.length > 0) {
      reserve(length);
      if (length > store.byteLength)
        store.resize(Math.min(maxBytes, Math.ceil(length / STEP) * STEP));
      new Uint8Array(store, at).set(piece);
    }
  };
  const end = (): Line[] => {
    const bytes = Buffer.from(store, 0, kept());
    const line: Line =
      size > maxBytes
        ? { overlong: size }
        : strict && !isUtf8(bytes)
          ? { undecodable: size }
          : bytes.toString('utf8');
    const isWhole = taken === 0;
    if (store !== small) clear();
    size = 0;
    taken = 0;
    return typeof line === 'string' && isWhole ? linesOf(line) : [line];
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
      ? linesOf(textOf(chunk.subarray(start, last)))
      : cut(chunk.subarray(start, last + 1));
    keep(chunk.subarray(last + 1));
    return whole.length === 0 ? head : [...head, ...whole];
  };
  const take: Cutter['take'] = (atLeast, read) => {
    const length = kept();
    if (length < atLeast) return;
    const bytes = read(Buffer.from(store, 0, length));
    new Uint8Array(store).copyWithin(0, bytes, length);
    taken += bytes;
  };
  return { push, end, take };
};
