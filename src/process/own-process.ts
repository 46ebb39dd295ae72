import type { ChildProcess } from 'node:child_process';
import {
  concat,
  defer,
  EMPTY,
  finalize,
  fromEvent,
  ignoreElements,
  type Observable,
  take,
  tap,
} from 'rxjs';
import { killTree, livingTree, type Root, signalProcess, sweep } from './process-tree.js';
import { keepRecord } from './run-records.js';

/** Works off what an unsubscribe cannot wait for. */
export type RunInBackground = (work$: Observable<unknown>) => void;
export const inBackground: RunInBackground = (work$) => {
  work$.subscribe();
};

/** Milliseconds between SIGINT and SIGKILL when the subscriber just leaves. */
const UNSUBSCRIBE_GRACE_MS = 5_000;

/**
 * Asks a process to end, and makes it.
 *
 * SIGINT is the one signal after which codex ends what it started by itself (facts/codex-exec.md
 * §8); when `late$` emits the whole tree gets SIGKILL. Emits nothing; completes after the kill.
 * Unsubscribe, at the exit, calls the kill off.
 */
export const interrupt = (root: Root, late$: Observable<unknown>): Observable<never> =>
  defer(() => {
    ask(root);
    return late$.pipe(
      take(1),
      tap(() => killTree(root)),
      ignoreElements(),
    );
  });

/**
 * Looks before it asks: when the process is gone, who left its session and its environment can be
 * found no more.
 */
const ask = (root: Root): void => {
  livingTree(root);
  signalProcess(root.pid, 'SIGINT');
};

/** The processes that live, and what forgets their records. */
const live = new Map<Root, () => void>();
const killLive = (): void => {
  for (const [root, forget] of live) {
    killTree(root);
    forget();
  }
};

/**
 * Binds a process to its subscription, and to the life of this process; with a `recordsFolder` also
 * to the next one, should this one be killed. Returns what unsubscribe does: it asks the process to
 * end, and returns what has to be worked off until nothing of it is alive.
 */
export const owned = (
  child: ChildProcess,
  root: Root,
  recordsFolder: string | undefined,
): (() => Observable<never>) => {
  if (!process.listeners('exit').includes(killLive)) process.on('exit', killLive);
  const forget = recordsFolder === undefined ? () => undefined : keepRecord(recordsFolder, root);
  live.set(root, forget);
  let exited = false;
  child.once('exit', () => {
    exited = true;
  });
  // The record stays until the last process is gone, not only codex.
  const release = (): void => {
    live.delete(root);
    forget();
  };
  return () => {
    if (exited) {
      // What is left of it when nobody waited for its end.
      const alive = killTree(root);
      release();
      return alive === 0 ? EMPTY : sweep(root);
    }
    ask(root);
    const late = setTimeout(() => killTree(root), UNSUBSCRIBE_GRACE_MS).unref();
    return concat(
      fromEvent(child, 'exit').pipe(
        take(1),
        tap(() => clearTimeout(late)),
        ignoreElements(),
      ),
      sweep(root),
    ).pipe(finalize(release));
  };
};
