import type { Readable } from 'node:stream';
import { map, type Observable, scan, startWith, takeLast, takeWhile } from 'rxjs';
import { readable } from '../../lines/readable.js';
import { MAX_PROMPT_CHARS } from '../../turn/prompt.js';

/** Bytes that are too many for any prompt: four a character, and a line feed. */
const TOO_MANY = 4 * MAX_PROMPT_CHARS + 3;

/**
 * All of a stream as text, without the line feed at its end; of what is too long for a prompt only
 * so much is read that it shows. Emits once and completes; does not fail.
 */
export const readText = (stream: Readable): Observable<string> =>
  readable(stream).pipe(
    scan(
      ({ chunks, size }: Read, chunk) => ({
        chunks: [...chunks, chunk],
        size: size + chunk.length,
      }),
      NOTHING,
    ),
    startWith(NOTHING),
    takeWhile(({ size }) => size < TOO_MANY, true),
    takeLast(1),
    map(({ chunks }) =>
      Buffer.concat(chunks)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    ),
  );

interface Read {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}
const NOTHING: Read = { chunks: [], size: 0 };
