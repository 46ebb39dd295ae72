import { type FileHandle, open } from 'node:fs/promises';
import { defer, from, mergeMap, type Observable } from 'rxjs';
import { parseLine } from '../../lines/parse-json.js';
import { MAX_LINE_BYTES } from '../../lines/split-lines.js';

/** A line of a rollout, without its line feed. */
export interface RolloutLine {
  /** Byte of the file at which it begins. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * The lines of a rollout that hold a call of one of the `ids`, or its output.
 *
 * Emits them in order, as bytes; lines that only name such a call are among them, since nothing is parsed here, lines of more than 128 MiB are not. Reads the file once, in pieces
 * of 1 MiB: a line is judged by its beginning, and searched only where that does not tell. An id inside a text is none: there its quotes are escaped. Completes at the end that the
 * file had, fails when it cannot be read. Unsubscribe stops after the piece that is being read.
 */
export const callLines = (file: string, ids: ReadonlySet<string>): Observable<RolloutLine> =>
  defer(() => from(piecewise(file, ids))).pipe(mergeMap((lines) => lines));

const LF = 0x0a;
const CHUNK = 1024 * 1024;

async function* piecewise(file: string, ids: ReadonlySet<string>): AsyncGenerator<RolloutLine[]> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    let [buffer, spare] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
    let reading = bytesAt(handle, buffer, 0, size);
    for (let start = 0; start < size; ) {
      const chunk = await reading;
      if (chunk.length === 0) return;
      const end = start + chunk.length === size ? chunk.length : chunk.lastIndexOf(LF) + 1;
      const long = end === 0 ? await endOfLine(handle, spare, start + chunk.length, size) : undefined;
      const next = long ?? start + end;
      [buffer, spare] = [spare, buffer];
      // The next piece comes while this one is searched.
      reading = bytesAt(handle, buffer, next, size);
      reading.catch(() => undefined);
      if (long === undefined) yield linesIn(chunk.subarray(0, end), start, ids);
      else yield await longLine(handle, chunk, start, long, ids);
      start = next;
    }
  } finally {
    await handle.close();
  }
}

const bytesAt = async (handle: FileHandle, buffer: Buffer, position: number, size: number): Promise<Buffer> => {
  const { bytesRead } = await handle.read(buffer, 0, Math.max(0, Math.min(buffer.length, size - position)), position);
  return buffer.subarray(0, bytesRead);
};

/** The byte after the line feed of the line that goes on at `from`. */
const endOfLine = async (handle: FileHandle, scratch: Buffer, from: number, size: number): Promise<number> => {
  for (let at = from; at < size; ) {
    const chunk = await bytesAt(handle, scratch, at, size);
    const feed = chunk.indexOf(LF);
    if (feed !== -1) return at + feed + 1;
    if (chunk.length === 0) break;
    at += chunk.length;
  }
  return size;
};

const longLine = async (handle: FileHandle, head: Buffer, start: number, end: number, ids: ReadonlySet<string>): Promise<RolloutLine[]> => {
  if (end - start > MAX_LINE_BYTES + 1 || judged(head, 0, head.length, ids) === false) return [];
  const bytes = await bytesAt(handle, Buffer.allocUnsafe(end - start), start, end);
  return linesIn(bytes, start, ids);
};

const linesIn = (bytes: Buffer, start: number, ids: ReadonlySet<string>): RolloutLine[] => {
  const lines: RolloutLine[] = [];
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(LF, at);
    const end = feed === -1 ? bytes.length : feed;
    // A copy: the piece is read into again.
    if (judged(bytes, at, end, ids) ?? names(bytes.subarray(at, end), ids))
      lines.push({ offset: start + at, bytes: Buffer.from(bytes.subarray(at, end)) });
    at = end + 1;
  }
  return lines;
};

/** Bytes of a line in which its kind stands, and those in which the call id of an output does. */
const HEAD = 192;
const OUTPUT_HEAD = 512;
/** Of an output the id too, where it comes next, in plain letters. */
const KIND = /^\{"timestamp":"[^"]*",(?:"ordinal":\d+,)?"type":"(\w+)","payload":\{(?:"type":"(\w+)"(?:,"call_id":"([^"\\\x80-\xff]*)")?)?/;
const TEXT = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';
const ID = `"call_id"\\s*:\\s*(${TEXT})`;
const CALL_ID = new RegExp(ID);
/** Nothing but texts before it: an object may hold the id of another call. */
const OWN_CALL_ID = new RegExp(`"payload":\\{(?:"\\w+":${TEXT},)*${ID}`);

/** Whether the line from `start` to `end` holds one of the ids, where its beginning tells. */
const judged = (bytes: Buffer, start: number, end: number, ids: ReadonlySet<string>): boolean | undefined => {
  const [, type, item, id] = KIND.exec(bytes.toString('latin1', start, Math.min(end, start + HEAD))) ?? [];
  if (type === undefined || type === 'compacted') return undefined;
  if (type !== 'response_item') return false;
  if (item === undefined || item.endsWith('_call')) return undefined;
  if (!item.endsWith('_output')) return false;
  return id === undefined ? hasId(OWN_CALL_ID, bytes.toString('latin1', start, Math.min(end, start + OUTPUT_HEAD)), ids) : ids.has(id);
};

const hasId = (pattern: RegExp, text: string, ids: ReadonlySet<string>): boolean | undefined => {
  const [, id] = pattern.exec(text) ?? [];
  if (id === undefined) return undefined;
  if (!/[\\\x80-\xff]/.test(id)) return ids.has(id.slice(1, -1));
  const read = parseLine(Buffer.from(id, 'latin1').toString('utf8'));
  return read.type === 'json' && typeof read.value === 'string' && ids.has(read.value);
};

const KEY = Buffer.from('"call_id"');
/** Bytes from the key of an id to its end. */
const MAX_ID = 8_192;

const names = (line: Buffer, ids: ReadonlySet<string>): boolean => {
  for (let at = line.indexOf(KEY); at !== -1; at = line.indexOf(KEY, at + KEY.length)) {
    if (hasId(CALL_ID, line.toString('latin1', at, at + MAX_ID), ids) === true) return true;
  }
  return false;
};
