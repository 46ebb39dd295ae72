import { concat, defer, mergeMap, type OperatorFunction } from 'rxjs';

/** A line longer than the bound: only its size is kept. */
export interface OverlongLine {
  /** Bytes, without the line feed. */
  readonly overlong: number;
}

export type Line = string | OverlongLine;

/** 128 MiB: twice the longest line that has to pass. */
export const MAX_LINE_BYTES = 128 * 1024 * 1024;

/**
 * Cuts bytes into lines at LF, and at nothing else: U+2028 is text. A CR before the LF is dropped,
 * invalid UTF-8 becomes U+FFFD.
 *
 * Emits each line when its LF arrives, and at the end of the source a last line that had none;
 * empty lines are not emitted. A line of more than `maxBytes` is emitted as `OverlongLine`, and its
 * bytes are not kept. Time is linear in the bytes: only the new chunk is searched, and characters
 * are decoded in whole lines, so none is cut. Completes and fails with the source; unsubscribe
 * drops what was not yet a line.
 */
export const splitLines =
  (maxBytes = MAX_LINE_BYTES): OperatorFunction<Uint8Array, Line> =>
  (source$) =>
    defer(() => {
      const cutter = createCutter(maxBytes);
      return concat(source$.pipe(mergeMap(cutter.push)), defer(cutter.end));
    });

const LF = 0x0a;

/** Bytes by which the store grows; so much of it is kept from line to line. */
const STEP = 1024 * 1024;

const createCutter = (maxBytes: number) => {
  // Grows in place and gives its memory back at once: a long line lies in memory once while it
  // comes, not once in pieces and once whole.
  const store = new ArrayBuffer(0, { maxByteLength: maxBytes });
  let size = 0;

  const keep = (piece: Uint8Array): void => {
    const at = size;
    size += piece.length;
    if (size > maxBytes) store.resize(0);
    else if (piece.length > 0) {
      if (size > store.byteLength) store.resize(Math.min(maxBytes, Math.ceil(size / STEP) * STEP));
      new Uint8Array(store, at).set(piece);
    }
  };
  const end = (): Line[] => {
    const line: Line | undefined = size > maxBytes ? { overlong: size } : undefined;
    const text = line === undefined ? Buffer.from(store, 0, size).toString('utf8') : '';
    if (store.byteLength > STEP) store.resize(0);
    size = 0;
    return line === undefined ? wholeLines(text) : [line];
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
    keep(chunk.subarray(0, first));
    const head = end();
    const last = chunk.lastIndexOf(LF);
    // No line within a chunk can be longer than the chunk.
    const whole =
      last - first > maxBytes
        ? cut(chunk.subarray(first + 1, last + 1))
        : wholeLines(chunk.toString('utf8', first + 1, last));
    keep(chunk.subarray(last + 1));
    return whole.length === 0 ? head : [...head, ...whole];
  };
  return { push, end };
};

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
