import path from 'node:path';
import { concat, defer, EMPTY, map, mergeMap, type Observable } from 'rxjs';
import { killUntilGone } from './end-tree.js';
import { namesIn, readSmallFile } from './files.js';
import { isAlive } from './process-identity.js';
import { bootId } from './process-table.js';
import { livingTree, type Root } from './process-tree.js';
import { PREFIX, RunRecord, removeRecord } from './run-record.js';
import { MARKED } from './start.js';

const MAX_BYTES = 4_096;

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
