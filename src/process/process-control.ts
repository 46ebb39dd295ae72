import type { Observable } from 'rxjs';
import { interruptTree, killTree, killUntilGone, type Root } from './process-tree.js';
import type { Child, ExitStatus } from './start.js';

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

export const processControl = ({ exit$ }: Child, root: Root): ProcessControl => ({
  exit$,
  interrupt: () => {
    interruptTree(root);
  },
  kill: () => {
    killTree(root);
  },
  killUntilGone$: killUntilGone(root),
});
