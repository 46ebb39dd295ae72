import { defer, map, type Observable } from 'rxjs';
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
  /** Sends SIGKILL to the tree. */
  readonly kill: () => void;
  /** Completes when the tree is gone; see `killUntilGone`. */
  readonly killUntilGone$: Observable<never>;
}

/** A started process, with what finds and ends its tree. */
export interface StartedTree {
  readonly child: Child;
  readonly root: Root;
  readonly control: ProcessControl;
}

/**
 * Starts a program with a marker of its own, by which its tree is found; see `startProcess`.
 *
 * Emits the process once it is started, and completes. Fails with `SpawnError`. After the emission
 * the process belongs to the subscriber: unsubscribe does not end it.
 */
export const startTree = (run: ProcessRun): Observable<StartedTree> =>
  defer(() => {
    const marker = uniqueId();
    return startProcess(run, marker).pipe(
      map((child) => {
        const root = rootOf(child.pid, `${MARKER}=${marker}`);
        return { child, root, control: processControl(child, root) };
      }),
    );
  });

const processControl = ({ exit$ }: Child, root: Root): ProcessControl => ({
  exit$,
  interrupt: () => {
    interruptTree(root);
  },
  kill: () => {
    killTree(root);
  },
  killUntilGone$: killUntilGone(root),
});
