import { describe, expect, it } from 'vitest';
import { filesOf } from './sources.js';

/** What reads the time of day, also the operators of RxJS that do. */
const TIME_OF_DAY =
  /\bDate\.now\(|\bnew Date\(\)|\basyncScheduler\.now\(|\b(?:debounceTime|timeInterval|timestamp)\(/;

/** The files that need the time of day: to name a moment, or to compare it with that of a file. */
const NEED_IT = [
  'bridge/socket-dir.ts',
  'cli/doctor/node-doctor-ports.ts',
  'codex/events/limit-watch.ts',
  'codex/events/to-canonical.ts',
  'codex/rollout/rollout-notes.ts',
  'process/create-lock.ts',
  'process/file-lock.ts',
  'process/temporary-file.ts',
  'record/record-notices.ts',
  'record/recorder.ts',
  'record/wire-log.ts',
  'turn/failures.ts',
  'turn/rollout-reading.ts',
];

describe('the time of day', () => {
  it('measures no time that passes, for it jumps when the clock is set', () => {
    const readers = filesOf('src', /\.ts$/).filter(({ lines }) =>
      lines.some((line) => TIME_OF_DAY.test(line.replace(/^\s*(?:\*|\/\/).*/, ''))),
    );
    expect(
      readers.map(({ file }) => file).toSorted(),
      'measure a time that passes by performance.now(); add a file to NEED_IT when it names a moment',
    ).toEqual(NEED_IT);
  });
});
