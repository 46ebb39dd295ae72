import { map, mergeMap, type Observable } from 'rxjs';
import { turnByTurn } from '../streams/turn-by-turn.js';
import { killUntilGone } from './end-tree.js';
import { interruptTree, killTree, type Root, rootOf } from './process-tree.js';
import type { ProcessRun } from './run.js';
import { type Child, type ExitStatus, MARKER, startProcess } from './start.js';
import { uniqueId } from './unique-id.js';

/** The effects that end a process, so that virtual time can replace each of them. */
export interface ProcessControl {
  /** Emits once when the process exits, at once when it has, and completes. */
  readonly exit$: Observable<ExitStatus>;
  /** Sends SIGINT to the process. */
  readonly interrupt: () => void;
  /** Sends SIGKILL to the tree. Returns how many of its processes were running. */
  readonly kill: () => number;
  /** Completes when the tree is gone; see `killUntilGone`. */
  readonly killUntilGone$: Observable<never>;
}

/** A started process, with what finds and ends its tree. */
export interface StartedTree {
  readonly child: Child;
  readonly root: Root;
  readonly control: ProcessControl;
}

const start$ = turnByTurn();

/**
 * Starts a program with a marker of its own, by which its tree is found; see `startProcess`. A
 * start blocks the event loop for some ten milliseconds on a busy machine: of several, each has a
 * turn of the loop, so that the processes that run already are read meanwhile.
 *
 * Emits the process once it is started, and completes. Fails with `SpawnError`. Unsubscribe before
 * the emission starts nothing; after it the process belongs to the subscriber, and unsubscribe does
 * not end it.
 */
export const startTree = (run: ProcessRun): Observable<StartedTree> =>
  start$.pipe(
    mergeMap(() => {
      const marker = uniqueId();
      return startProcess(run, marker).pipe(
        map((child) => {
          const root = rootOf(child.pid, `${MARKER}=${marker}`);
          return { child, root, control: processControl(child, root) };
        }),
      );
    }),
  );

const processControl = ({ exit$ }: Child, root: Root): ProcessControl => ({
  exit$,
  interrupt: () => {
    interruptTree(root);
  },
  kill: () => killTree(root),
  killUntilGone$: killUntilGone(root),
});
