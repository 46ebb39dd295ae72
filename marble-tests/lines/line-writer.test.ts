import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { lineWriter } from '../../src/lines/line-writer.js';

const long = 'x'.repeat(100_000);

/** A pipe that takes all at once; `writes` holds the lines of each write. */
const openPipe = (highWaterMark = 16_384) => {
  const writes: string[][] = [];
  const output = new Writable({
    highWaterMark,
    decodeStrings: false,
    write: (line, _encoding, done) => {
      writes.push([String(line)]);
      done();
    },
    writev: (lines, done) => {
      writes.push(lines.map(({ chunk }) => String(chunk)));
      done();
    },
  });
  return { output, writes };
};

describe('lineWriter', () => {
  it('writes the first line of a turn of the event loop at once, and the others together', async () => {
    const { output, writes } = openPipe();
    const { write } = lineWriter(output);
    for (const value of [1, 2, 3]) write(value);
    expect(writes).toEqual([['1\n']]);

    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(writes).toEqual([['1\n'], ['2\n', '3\n']]);
    write(4);
    expect(writes).toEqual([['1\n'], ['2\n', '3\n'], ['4\n']]);
  });

  it('writes lines that fill the buffer of the pipe before the turn of the event loop ends', () => {
    const { output, writes } = openPipe(6);
    const { write } = lineWriter(output);
    for (const value of [1, 2, 3, 4, 5, 6]) write(value);
    expect(writes).toEqual([['1\n'], ['2\n', '3\n', '4\n'], ['5\n']]);
  });

  it('writes each line before the end of the pipe in the same turn of the event loop', () => {
    const { output, writes } = openPipe();
    const { write } = lineWriter(output);
    for (const value of [1, 2, 3]) write(value);
    output.end();
    expect(writes).toEqual([['1\n'], ['2\n', '3\n']]);
  });

  it('stays ready when the pipe takes a line at once that is longer than its buffer', () => {
    const taken: string[] = [];
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        taken.push(String(chunk));
        done();
      },
    });
    const { write, ready$ } = lineWriter(output);
    const states: boolean[] = [];
    ready$.subscribe({ next: (ready) => states.push(ready), error: expect.unreachable });
    write(long);
    write(long);

    expect(taken).toEqual([`"${long}"\n`, `"${long}"\n`]);
    expect(states).toEqual([true]);
  });

  it('is not ready from a line that nobody takes until the pipe has drained', async () => {
    const output = new PassThrough();
    const { write, ready$ } = lineWriter(output);
    const states: boolean[] = [];
    ready$.subscribe({ next: (ready) => states.push(ready), error: expect.unreachable });
    write(long);
    write(long);
    expect(states).toEqual([true, false]);

    const drained = new Promise((resolve) => output.once('drain', resolve));
    output.resume();
    await drained;
    expect(states).toEqual([true, false, true]);
  });
});
