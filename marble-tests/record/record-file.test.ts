import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type RecordTarget, recordFile } from '../../src/record/record-file.js';

/** A disk whose writes end when they are told to. */
const slowDisk = () => {
  const written: string[] = [];
  const waiting: ((failure?: Error) => void)[] = [];
  const state = { opened: 0, closed: 0 };
  const target: RecordTarget = {
    write: (text) =>
      new Promise<void>((resolve, reject) => {
        waiting.push((failure) => {
          if (failure === undefined) {
            written.push(text);
            resolve();
          } else reject(failure);
        });
      }),
    close: () => {
      state.closed += 1;
      return Promise.resolve();
    },
  };
  const go = async (failure?: Error): Promise<void> => {
    await turn();
    waiting.shift()?.(failure);
    await turn();
  };
  const open = (): Promise<RecordTarget> => {
    state.opened += 1;
    return Promise.resolve(target);
  };
  return { written, state, open, go };
};

const watched = (open: () => Promise<RecordTarget>, maxWaiting?: number) => {
  const failures: unknown[] = [];
  const seen = { closed: 0 };
  const recording = recordFile(
    open,
    (error) => failures.push(error),
    () => (seen.closed += 1),
    maxWaiting,
  );
  return { recording, failures, seen };
};

describe('recordFile', () => {
  it('writes in order, in one write what came during the last, and closes at the end', async () => {
    const disk = slowDisk();
    const { recording, failures, seen } = watched(disk.open);
    expect([recording.write('a'), recording.write('b')]).toEqual([true, true]);
    await turn();
    recording.write('c');
    recording.write('d');
    recording.end('e');
    await disk.go();
    expect(disk.state.closed).toBe(0);
    await disk.go();

    expect(disk.written).toEqual(['ab', 'cde']);
    expect({ ...disk.state, failures, ...seen }).toEqual({ opened: 1, closed: 1, failures: [] });
  });

  it('closes a record that ends when all is written', async () => {
    const disk = slowDisk();
    const { recording, seen } = watched(disk.open);
    recording.write('a');
    await disk.go();
    recording.end('');
    await turn();
    expect({ written: disk.written, closed: disk.state.closed, seen }).toEqual({
      written: ['a'],
      closed: 1,
      seen: { closed: 1 },
    });
  });

  it('has no room for more than waits already, and room again later; the last line always has', async () => {
    const disk = slowDisk();
    const { recording } = watched(disk.open, 10);
    expect(recording.write('12345')).toBe(true);
    await turn();
    expect([recording.write('67890'), recording.write('12345'), recording.write('6')]).toEqual([
      true,
      true,
      false,
    ]);
    await disk.go();
    expect(recording.write('again')).toBe(true);
    recording.end('the last line is long');
    await disk.go();
    await disk.go();
    expect(disk.written.join('')).toBe('123456789012345againthe last line is long');
  });

  it('tells a failing write once, writes no more, and is closed', async () => {
    const disk = slowDisk();
    const { recording, failures, seen } = watched(disk.open);
    recording.write('a');
    await disk.go(new Error('ENOSPC'));
    expect(recording.write('b')).toBe(true);
    recording.end('c');
    await disk.go();
    expect({ failures, written: disk.written, closed: disk.state.closed, seen }).toEqual({
      failures: [new Error('ENOSPC')],
      written: [],
      closed: 1,
      seen: { closed: 1 },
    });
  });

  it('tells a target that cannot be opened once', async () => {
    const { recording, failures, seen } = watched(() => Promise.reject(new Error('EACCES')));
    recording.write('a');
    recording.end('');
    await turn();
    recording.write('b');
    await turn();
    expect({ failures, seen }).toEqual({ failures: [new Error('EACCES')], seen: { closed: 1 } });
  });
});
