import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type RecordTarget, recordFile } from '../../src/record/record-file.js';

/** A disk whose writes complete one by one, with `go`. */
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

const startRecording = (open: () => Promise<RecordTarget>, maxWaiting?: number) => {
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
  it('writes lines in order, joins those that arrive during a write, and closes at the end', async () => {
    const disk = slowDisk();
    const { recording, failures, seen } = startRecording(disk.open);
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

  it('closes the target when the record ends after the last write', async () => {
    const disk = slowDisk();
    const { recording, seen } = startRecording(disk.open);
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

  it('refuses a line while the buffer is full, but never the last line', async () => {
    const disk = slowDisk();
    const { recording } = startRecording(disk.open, 10);
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

  it('reports a failed write once, writes nothing more, and closes', async () => {
    const disk = slowDisk();
    const { recording, failures, seen } = startRecording(disk.open);
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

  it('reports once that the target cannot be opened', async () => {
    const { recording, failures, seen } = startRecording(() => Promise.reject(new Error('EACCES')));
    recording.write('a');
    recording.end('');
    await turn();
    recording.write('b');
    await turn();
    expect({ failures, seen }).toEqual({ failures: [new Error('EACCES')], seen: { closed: 1 } });
  });
});
