import type { Observable } from 'rxjs';
import type { Root } from '../../process/process-tree.js';
import type { ServerNotification } from './notification.js';
import type { Rpc } from './rpc.js';
import type { Threads } from './threads.js';

/** How an app-server went. */
export interface Gone {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** A running app-server. */
export interface AppServer extends Rpc {
  /** The notifications of all threads; hot. */
  readonly notification$: Observable<ServerNotification>;
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
  /** The threads that it has loaded; one without turns is let go after 10 s. */
  readonly threads: Threads;
  /** Interrupts the turns of the agents that a thread has started; see `createSubAgents`. */
  readonly endAgents$: (threadId: string) => Observable<never>;
}
