import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { BehaviorSubject, ignoreElements, type Observable, takeWhile } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { codeOf, reasonOf } from '../text/explain.js';
import { openToAppend } from './append-file.js';
import { type RecordTarget, recordFile } from './record-file.js';
import type { Recording } from './record-notices.js';

/** Writes the records of turns. */
export interface Recorder {
  /** Begins the record of a turn. A failure to write it is logged once, as a warning. */
  readonly begin: (agentId: string, log: Log) => Recording;
  /** Completes once every record is on disk and closed. Emits nothing; does not fail. */
  readonly drained$: Observable<never>;
}

/** The destination of records: a folder with a file per turn, or one file for all turns. */
export type RecordPlace = { readonly folder: string } | { readonly file: string };

/** Only the owner can read records: files are created with mode 0600, folders with 0700. */
export const createRecorder = (place: RecordPlace): Recorder => {
  const open$ = new BehaviorSubject(0);
  return {
    begin: (agentId, log) => {
      const at = new Date();
      open$.next(open$.value + 1);
      return recordFile(
        () => ('folder' in place ? createFile(place.folder, at, agentId) : openFile(place.file)),
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

/**
 * Creates the folder of the records with its absent parents, with mode 0700 less the umask. Fails
 * with the error of the system for the first that cannot be created. Not by `recursive`, as
 * `createFolder`.
 */
export const createRecordFolder = async (folder: string): Promise<void> => {
  const create = () => mkdir(folder, { mode: 0o700 });
  await create()
    .catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT' || folder === path.dirname(folder)) throw error;
      await createRecordFolder(path.dirname(folder));
      await create();
    })
    .catch(async (error: unknown) => {
      // Another turn may have created it.
      if (!(await isThere(folder))) throw error;
    });
};

const isThere = (folder: string): Promise<boolean> =>
  stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

/** When an agent begins two turns in the same millisecond, the second file gets a number. */
const createFile = async (folder: string, at: Date, agentId: string): Promise<RecordTarget> => {
  await createRecordFolder(folder);
  for (let nth = 1; ; nth += 1) {
    try {
      return targetOf(await open(path.join(folder, recordName(at, agentId, nth)), 'wx', 0o600));
    } catch (error) {
      if (nth >= 100 || codeOf(error) !== 'EEXIST') throw error;
    }
  }
};

const openFile = async (file: string): Promise<RecordTarget> =>
  targetOf((await openToAppend(file)).handle);

const targetOf = (handle: FileHandle): RecordTarget => ({
  write: (text) => handle.appendFile(text),
  close: () => handle.close(),
});

/**
 * The name of a record: `2026-11-21T08-00-00.000Z-agent.jsonl`. Names sort by time and are valid on
 * every system, whatever the agent id.
 */
export const recordName = (at: Date, agentId: string, nth = 1): string => {
  const agent = agentId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  return `${[at.toISOString().replaceAll(':', '-'), ...(agent === '' ? [] : [agent]), ...(nth === 1 ? [] : [nth])].join('-')}.jsonl`;
};
