import { rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { defer, EMPTY, retry } from 'rxjs';
import { createFolder } from './create-folder.js';
import { ownProcess } from './process-identity.js';
import { isRunning } from './process-table.js';
import type { Root } from './process-tree.js';
import { replaceFile } from './temporary-file.js';

/** What the next plugin needs to end a process, should this one be killed. */
export const RunRecord = t.intersection([
  t.type({
    /** Start times are relative to the boot. */
    boot: t.string,
    owner: t.type({ pid: t.number, startTime: t.number }),
    pid: t.number,
    startTime: t.number,
    marker: t.string,
  }),
  /** The namespace of both pids; see `ProcessIdentity`. */
  t.partial({
    pidNamespace: t.string,
    /** Daemons that were let go: pid and start time. */
    left: t.array(t.tuple([t.number, t.number])),
  }),
]);
export type RunRecord = t.TypeOf<typeof RunRecord>;

export const PREFIX = 'run-';
/** Daemons that a record names at most. */
const MAX_LEFT = 100;

/** Milliseconds between two tries to write a record, for instance while the disk is full. */
const RETRY_MS = 5_000;

/**
 * Writes the record of a process into a folder, as soon as that can be done, and again when daemons
 * were let go; nothing without a folder. Returns a function that removes the record. Neither
 * throws: no turn fails for its record.
 */
export const keepRecord = (folder: string | undefined, root: Root): (() => void) => {
  if (folder === undefined) return ignore;
  const { pid, startTime, marker } = root;
  const file = path.join(folder, `${PREFIX}${pid}-${startTime}.json`);
  const { boot, pidNamespace, ...owner } = ownProcess();
  const record: RunRecord = { boot, pidNamespace, owner, pid, startTime, marker };
  let text = JSON.stringify(record);
  const writing = defer(() => {
    createRecord(file, folder, text);
    return EMPTY;
  })
    .pipe(retry({ delay: RETRY_MS }))
    .subscribe({ error: ignore });
  root.onLeft = () => {
    const running = [...root.left].filter(([id, since]) =>
      isRunning({ pid: id, startTime: since }),
    );
    text = JSON.stringify({ ...record, left: running.slice(-MAX_LEFT) });
    try {
      replaceFile(file, text);
      writing.unsubscribe();
    } catch {
      // The next plugin would end the daemons: no turn fails for that.
    }
  };
  return () => {
    writing.unsubscribe();
    root.onLeft = ignore;
    removeRecord(file, folder);
  };
};

const ignore = (): void => undefined;

/** Throws when the record cannot be written, and leaves no part of it. */
const createRecord = (file: string, folder: string, text: string): void => {
  createFolder(folder);
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
};

/** Removes a record, and the folder with the last of them. */
export const removeRecord = (file: string, folder: string): void => {
  try {
    rmSync(file, { force: true });
    rmdirSync(folder);
  } catch {
    // The folder contains other records.
  }
};
