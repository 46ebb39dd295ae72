import type { ChildProcess } from 'node:child_process';
import { defer, fromEvent, map, type Observable, of, take } from 'rxjs';
import { interruptTree, killTree, killUntilGone, type Root } from './process-tree.js';

export interface ExitStatus {
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

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

export const processControl = (child: ChildProcess, root: Root): ProcessControl => {
  const status = (): ExitStatus => ({ code: child.exitCode, signal: child.signalCode });
  return {
    exit$: defer(() =>
      child.exitCode !== null || child.signalCode !== null
        ? of(undefined)
        : fromEvent(child, 'exit').pipe(take(1)),
    ).pipe(map(status)),
    interrupt: () => {
      interruptTree(root);
    },
    kill: () => {
      killTree(root);
    },
    killUntilGone$: killUntilGone(root),
  };
};
