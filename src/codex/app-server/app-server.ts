import type { Observable } from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import type { RunInBackground } from '../../process/background-work.js';
import type { Root } from '../../process/process-tree.js';
import type { ExitStatus } from '../../process/start.js';
import type { ServerNotification } from './notification.js';
import type { Rpc } from './rpc.js';
import type { Threads } from './threads.js';

/** How the process of an app-server ended. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Its words on stderr, see `serverExit`; empty without any. */
  readonly stderr: string;
}

/** A running app-server. */
export interface AppServer extends Rpc {
  /** Emits the notifications of all threads; hot. */
  readonly notification$: Observable<ServerNotification>;
  /** When the limit of the account resets, in ms since the epoch, if codex has said it. */
  readonly resetsAt: () => number | undefined;
  /** Emits the id of each thread that becomes idle; hot. */
  readonly idleThread$: Observable<string>;
  /** Emits the reason for each line that could not be read, and is lost; hot. */
  readonly unreadable$: Observable<string>;
  /** Emits once when the process has exited, and completes; replays that to late subscribers. */
  readonly exited$: Observable<ServerExit>;
  /** Whether stdout is read: false in a pause of at least a second. Emits on subscribe. */
  readonly ready$: Observable<boolean>;
  /** The root of the process tree. */
  readonly root: Root;
  /** Sends SIGKILL to the process tree. */
  readonly kill: () => void;
  /** The loaded threads. A thread without turns is unloaded after 10 s. */
  readonly threads: Threads;
  /** Whether it keeps a thread in memory whose last turn failed; see `closeThread`. */
  readonly keepsFailed?: boolean | undefined;
  /** Whether a thread, the second one, is an agent below another; see `createSubAgents`. */
  readonly isAgentOf: (threadId: string, id: string) => boolean;
  /** Interrupts the turns of the agents below a thread; see `createSubAgents`. */
  readonly interruptAgents$: (threadId: string) => Observable<never>;
  /** Owns the work that a turn leaves to the app-server when it is unsubscribed. */
  readonly runInBackground: RunInBackground;
}

/** The streams of a process from which its end is read. */
export interface ExitSources {
  readonly stderr$: Observable<Uint8Array>;
  /** Emits when the process has exited. */
  readonly exit$: Observable<ExitStatus>;
  /** Emits when the process has exited and its pipes are closed. */
  readonly close$: Observable<ExitStatus>;
}

/** The process of an app-server, as streams. */
export interface ServerProcess extends ExitSources {
  readonly root: Root;
  readonly stdout$: Observable<Uint8Array>;
  readonly write: (line: string) => void;
  /** Sends SIGKILL to the process tree. */
  readonly kill: () => void;
}

export interface ConnectOptions {
  /** The version of this client, which codex puts into its own requests. */
  readonly version: string;
  /** Whether the program is known to be codex. */
  readonly isCodex?: boolean | undefined;
  /** Whether this codex keeps a thread, and its lock, until it exits. */
  readonly keepsThreads?: boolean;
  /** See `AppServer`. */
  readonly keepsFailed?: boolean;
  readonly ready$: Observable<boolean>;
  readonly maxLineBytes: number;
  readonly log: Log;
  readonly runInBackground: RunInBackground;
}
