import type { Observable, Subject } from 'rxjs';
import type { Root } from '../exec/process-tree.js';
import type { ThreadUse } from './idle-threads.js';
import type { Notification } from './notification.js';
import type { Rpc } from './rpc.js';

/** How an app-server went. */
export interface Gone {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** A running app-server. */
export interface AppServer extends Rpc {
  /** The notifications of all threads; hot. */
  readonly notification$: Observable<Notification>;
  /** The threads that have nothing to do any more, as it tells; hot. */
  readonly idle$: Observable<string>;
  /** Why a line of it could not be read: whatever stood there is lost; hot. */
  readonly lost$: Observable<string>;
  /** Emits once when the process is gone, at once when it is already. */
  readonly gone$: Observable<Gone>;
  /** Whether its lines are read; emits at once. */
  readonly ready$: Observable<boolean>;
  /** Its process. */
  readonly root: Root;
  /** Ends it now: it does not do what it is asked. */
  readonly kill: () => void;
  /** The threads that it has loaded; see `openThread`. */
  readonly threads: Map<string, LoadedThread>;
  /** Told when a turn of a thread begins, and when it is over: a thread without turns is let go after 10 s. */
  readonly use$: Subject<ThreadUse>;
  /** Interrupts the turns of the agents that a thread has started; see `createSubAgents`. */
  readonly endAgents$: (threadId: string) => Observable<never>;
  /** Of threads whose turn was given up: each completes when nothing of that turn is left. */
  readonly settling: Map<string, Observable<unknown>>;
}

export interface LoadedThread {
  /** With what it was loaded. */
  readonly settings: string;
  /** The marker of its commands. */
  readonly marker: string;
  /** Which of them were seen, with their start times. */
  readonly seen: Root['seen'];
  /** The model of its turns, until one has another; nothing is codex's own choice. */
  model: string | undefined;
  /** The state of its rollout after our last turn; nothing when that is not known. */
  file?: string | undefined;
}
