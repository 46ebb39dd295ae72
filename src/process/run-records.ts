import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { concat, defer, EMPTY, map, mergeMap, type Observable } from 'rxjs';
import { killUntilGone } from './end-tree.js';
import { namesIn, readSmallFile } from './files.js';
import { isAlive, ownProcess } from './process-identity.js';
import { bootId, isRunning } from './process-table.js';
import { livingTree, type Root } from './process-tree.js';
import { MARKED } from './start.js';
import { replaceFile } from './temporary-file.js';

/** What the next plugin needs to end a process, should this one be killed. */
const RunRecord = t.intersection([
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
type RunRecord = t.TypeOf<typeof RunRecord>;

const PREFIX = 'run-';
const MAX_BYTES = 4_096;
/** Daemons that a record names at most. */
const MAX_LEFT = 100;

/**
 * Writes the record of a process into a folder, and again when daemons were let go; nothing
 * without a folder. Returns a function that removes the record. Neither throws: no turn fails for
 * its record.
 */
export const keepRecord = (folder: string | undefined, root: Root): (() => void) => {
  if (folder === undefined) return ignore;
  const { pid, startTime, marker } = root;
  const file = path.join(folder, `${PREFIX}${pid}-${startTime}.json`);
  const { boot, pidNamespace, ...owner } = ownProcess();
  const record: RunRecord = { boot, pidNamespace, owner, pid, startTime, marker };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(record), { mode: 0o600, flag: 'wx' });
  } catch {
    return ignore;
  }
  root.onLeft = () => {
    const running = [...root.left].filter(([id, since]) =>
      isRunning({ pid: id, startTime: since }),
    );
    try {
      const all = JSON.stringify({ ...record, left: running.slice(-MAX_LEFT) });
      replaceFile(file, all);
    } catch {
      // The next plugin would end the daemons: no turn fails for that.
    }
  };
  return () => {
    root.onLeft = ignore;
    removeRecord(file, folder);
  };
};

const ignore = (): void => undefined;

/**
 * Kills the processes that killed plugins left: those of every record whose owner is gone. A pid
 * that was reused, the processes of a running plugin, and the records of another pid namespace,
 * whose pids name other processes here, are left alone.
 *
 * Emits for each record how many processes were running, once they are gone and the record is
 * removed; nothing for a record that is unreadable or of an earlier boot, which is only removed.
 * Completes after the last record; does not fail. Unsubscribe stops the kills.
 */
export const endOrphans = (folder: string): Observable<number> =>
  orphansIn(folder).pipe(
    mergeMap(({ file, root }) =>
      defer(() => {
        const running = root === undefined ? [] : [livingTree(root).length];
        return concat(
          root === undefined ? EMPTY : killUntilGone(root),
          defer(() => {
            removeRecord(file, folder);
            return running;
          }),
        );
      }),
    ),
  );

/** Emits for each record whose owner is gone how many of its processes are running. */
export const findOrphans = (folder: string): Observable<number> =>
  orphansIn(folder).pipe(map(({ root }) => (root === undefined ? 0 : livingTree(root).length)));

/** A record whose owner is gone. It has no root when its processes cannot be running. */
interface Orphans {
  readonly file: string;
  readonly root?: Root;
}

const orphansIn = (folder: string): Observable<Orphans> =>
  defer(() => recordsIn(folder)).pipe(
    mergeMap((file): Orphans[] => {
      const record = readRecord(file);
      if (record === undefined) return [{ file }];
      const { boot, pidNamespace, owner, pid, startTime, marker, left } = record;
      if (isAlive({ boot, ...owner, ...(pidNamespace === undefined ? {} : { pidNamespace }) }))
        return [];
      if (boot !== bootId()) return [{ file }];
      const known = { seen: new Map(), left: new Map(left), leftover: true } as const;
      return [{ file, root: { pid, startTime, marker, ...known } }];
    }),
  );

const recordsIn = (folder: string): string[] =>
  namesIn(folder)
    .filter((name) => name.startsWith(PREFIX) && name.endsWith('.json'))
    .map((name) => path.join(folder, name));

const readRecord = (file: string): RunRecord | undefined => {
  try {
    const record: unknown = JSON.parse(readSmallFile(file, MAX_BYTES));
    return RunRecord.is(record) && MARKED.test(record.marker) ? record : undefined;
  } catch {
    return undefined;
  }
};

/** Removes a record, and the folder with the last of them. */
const removeRecord = (file: string, folder: string): void => {
  try {
    rmSync(file, { force: true });
    rmdirSync(folder);
  } catch {
    // The folder contains other records.
  }
};
