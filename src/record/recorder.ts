import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { BehaviorSubject, ignoreElements, type Observable, takeWhile } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { reasonOf } from '../text/explain.js';
import { type RecordTarget, recordFile } from './record-file.js';
import type { Recording } from './recorded.js';

/** Keeps the records of turns. */
export interface Recorder {
  /** Begins the record of a turn; what goes wrong with it is one warning. */
  readonly begin: (agentId: string, log: Log) => Recording;
  /** Completes when no record is open any more, and all are on disk; emits nothing. */
  readonly drained$: Observable<never>;
}

/** Where the records go: a folder that gets a file for each turn, or one file for all. */
export type RecordPlace = { readonly folder: string } | { readonly file: string };

/**
 * Records are of use to their owner only: files are 0600, and a folder that has to be made is 0700.
 */
export const createRecorder = (place: RecordPlace): Recorder => {
  const open$ = new BehaviorSubject(0);
  return {
    begin: (agentId, log) => {
      const at = new Date();
      open$.next(open$.value + 1);
      return recordFile(
        () => ('folder' in place ? newFile(place.folder, at, agentId) : appended(place.file)),
        (error) =>
          log('warning', 'the record of this turn cannot be written', { error: reasonOf(error) }),
        () => open$.next(open$.value - 1),
      );
    },
    drained$: open$.pipe(
      takeWhile((count) => count > 0),
      ignoreElements(),
    ),
  };
};

/** Of two turns of an agent in one millisecond the later gets a number. */
const newFile = async (folder: string, at: Date, agentId: string): Promise<RecordTarget> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let nth = 1; ; nth += 1) {
    try {
      return targetOf(await open(path.join(folder, recordName(at, agentId, nth)), 'wx', 0o600));
    } catch (error) {
      if (nth >= 100 || !(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        throw error;
    }
  }
};

/** A pipe that nobody reads is an error, and not waited for. */
const appended = async (file: string): Promise<RecordTarget> =>
  targetOf(
    await open(
      file,
      constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK,
      0o600,
    ),
  );

const targetOf = (handle: Awaited<ReturnType<typeof open>>): RecordTarget => ({
  write: (text) => handle.appendFile(text),
  close: () => handle.close(),
});

/**
 * `2026-11-21T08-00-00.000Z-agent.jsonl`: sorts by time, and is a plain name on every system
 * whatever the agent is called.
 */
export const recordName = (at: Date, agentId: string, nth = 1): string => {
  const agent = agentId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  return `${[at.toISOString().replaceAll(':', '-'), ...(agent === '' ? [] : [agent]), ...(nth === 1 ? [] : [nth])].join('-')}.jsonl`;
};
