import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';

/** Lines that are handed on one by one. */
export interface Paced {
  readonly input: Readable;
  /** Hands on the next line, or the end. */
  readonly next: () => void;
}

/**
 * The lines of an input that nobody types: each waits until it is asked for, since the one before
 * may `await` something.
 */
export const paced = (source: Readable): Paced => {
  const lines = createInterface({ input: source, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const input = new PassThrough();
  const next = async (): Promise<void> => {
    const line = await lines.next();
    if (line.done === true) input.end();
    else input.write(`${line.value}\n`);
  };
  return { input, next: () => void next() };
};
