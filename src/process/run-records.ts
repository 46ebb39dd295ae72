import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { concat, defer, EMPTY, map, mergeMap, type Observable, of } from 'rxjs';
import { bootId, isRunning, livingTree, type Root, rootOf, sweep } from './process-tree.js';
import { readSmall } from './small-file.js';
import { MARKED } from './start.js';

/**
 * What is written of a process while it runs, so that the next plugin can end it when this one is
 * killed.
 */
const RunRecord = t.type({
  /** Of the boot: start times count from it. */
  boot: t.string,
  owner: t.type({ pid: t.number, startTime: t.number }),
  pid: t.number,
  startTime: t.number,
  marker: t.string,
});

const PREFIX = 'run-';
const MAX_BYTES = 4_096;

/**
 * Writes the record of a process into a folder. Returns what removes it; neither throws: a turn
 * does not fail for its record.
 */
export const keepRecord = (folder: string, { pid, startTime, marker }: Root): (() => void) => {
  const file = path.join(folder, `${PREFIX}${pid}-${startTime}.json`);
  const owner = rootOf(process.pid, '');
  const record: t.TypeOf<typeof RunRecord> = {
    boot: bootId(),
    owner: { pid: owner.pid, startTime: owner.startTime },
    pid,
    startTime,
    marker,
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(record), { mode: 0o600, flag: 'wx' });
  } catch {
    return () => undefined;
  }
  return () => {
    remove(file, folder);
  };
};

/**
 * Ends what plugins that were killed have left: every process of a record whose owner is gone. A
 * pid that belongs to another process by now is left alone, and so are the processes of a living
 * plugin.
 *
 * Emits, for each record, how many processes it found alive, once they are gone. Completes when all
 * are looked at; does not fail. Unsubscribe stops looking. Linux only: elsewhere there are no
 * records.
 */
export const endOrphans = (folder: string): Observable<number> =>
  leftIn(folder).pipe(
    mergeMap(({ file, root }) =>
      defer(() => {
        if (root === undefined) {
          remove(file, folder);
          return EMPTY;
        }
        const alive = livingTree(root).length;
        return concat(
          sweep(root),
          defer(() => {
            remove(file, folder);
            return of(alive);
          }),
        );
      }),
    ),
  );

/** The same look without ending anything: emits, for each record, how many processes are alive. */
export const findOrphans = (folder: string): Observable<number> =>
  leftIn(folder).pipe(map(({ root }) => (root === undefined ? 0 : livingTree(root).length)));

/** A record whose owner is gone; without a root its processes are gone too. */
interface Left {
  readonly file: string;
  readonly root?: Root;
}

const leftIn = (folder: string): Observable<Left> =>
  defer(() => recordsIn(folder)).pipe(
    mergeMap((file): Left[] => {
      const record = read(file);
      if (record === undefined) return [{ file }];
      if (isRunning(record.owner)) return [];
      const { boot, pid, startTime, marker } = record;
      return [
        boot === bootId()
          ? { file, root: { pid, startTime, marker, seen: new Map(), leftover: true } }
          : { file },
      ];
    }),
  );

const recordsIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith(PREFIX) && name.endsWith('.json'))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
};

const read = (file: string): t.TypeOf<typeof RunRecord> | undefined => {
  try {
    const record: unknown = JSON.parse(readSmall(file, MAX_BYTES));
    return RunRecord.is(record) && MARKED.test(record.marker) ? record : undefined;
  } catch {
    return undefined;
  }
};

const remove = (file: string, folder: string): void => {
  try {
    rmSync(file, { force: true });
    rmdirSync(folder);
  } catch {
    // Other records are there.
  }
};
