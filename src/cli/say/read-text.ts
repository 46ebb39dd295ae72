import type { Readable } from 'node:stream';
import { map, type Observable, scan, startWith, takeLast, takeWhile } from 'rxjs';
import { readable } from '../../lines/readable.js';
import { MAX_PROMPT_CHARS } from '../../turn/prompt.js';

/** Bytes that exceed any prompt: four per character, and a line ending. */
const TOO_MANY = 4 * MAX_PROMPT_CHARS + 3;

interface Chunks {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}

const EMPTY_CHUNKS: Chunks = { chunks: [], size: 0 };

/**
 * Reads a stream as UTF-8 text. Emits the text without its last line ending once the stream ends,
 * then completes; stops reading early when the text is too long for a prompt. Does not fail.
 * Unsubscribe stops reading.
 */
export const readText = (stream: Readable): Observable<string> =>
  readable(stream).pipe(
    scan(
      ({ chunks, size }: Chunks, chunk) => ({
        chunks: [...chunks, chunk],
        size: size + chunk.length,
      }),
      EMPTY_CHUNKS,
    ),
    startWith(EMPTY_CHUNKS),
    takeWhile(({ size }) => size < TOO_MANY, true),
    takeLast(1),
    map(({ chunks }) =>
      Buffer.concat(chunks)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    ),
  );
