import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { lineWriter } from '../../src/lines/line-writer.js';

const long = 'x'.repeat(100_000);

describe('lineWriter', () => {
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
