import { filter, finalize, type Observable, Subject, Subscription } from 'rxjs';
import type { RunInBackground } from '../../process/background-work.js';
import type { Root } from '../../process/process-tree.js';
import { idleThreads, type ThreadUse } from './idle-threads.js';

export interface LoadedThread {
  /** The settings with which codex loaded it; empty while they are unknown. */
  readonly settings: string;
  /** The marker of its commands. */
  readonly marker: string;
  /** The commands found so far, by pid, with their start times. */
  readonly seen: Root['seen'];
  /** The model of its last turn; codex's own choice without one. */
  model: string | undefined;
  /** The state of its rollout after our last turn; `undefined` when unknown. */
  file?: string | undefined;
  /** The file that codex has open, see `inodeOf`; `undefined` while unknown. */
  open?: string | undefined;
  /** Whether its last turn failed, or was cancelled. */
  failed?: boolean;
  /** The last change of its rollout by a plugin, before codex loaded it; see `lastChange`. */
  readonly change?: string | undefined;
}

/** The threads that an app-server has loaded. */
export interface Threads {
  readonly get: (threadId: string) => LoadedThread | undefined;
  readonly set: (threadId: string, thread: LoadedThread) => void;
  readonly delete: (threadId: string) => void;
  /** Keeps a thread loaded until the returned function is called; calling it twice is safe. */
  readonly hold: (threadId: string) => () => void;
  /** From now on unloads each thread as soon as nobody holds it. */
  readonly retire: () => void;
  readonly isRetired: () => boolean;
  /** Emits each loaded thread that nobody has held for `idleMs`, and forgets it; hot. */
  readonly unused$: Observable<string>;
}

/** `idleMs`: milliseconds that a thread stays loaded after its last turn. */
export const createThreads = (idleMs: number): Threads => {
  const loaded = new Map<string, LoadedThread>();
  const holders = new Map<string, Set<object>>();
  const use$ = new Subject<ThreadUse>();
  let stayMs = idleMs;
  return {
    get: (threadId) => loaded.get(threadId),
    set: (threadId, thread) => {
      loaded.set(threadId, thread);
    },
    delete: (threadId) => {
      loaded.delete(threadId);
    },
    hold: (threadId) => {
      const holder = {};
      const others = holders.get(threadId) ?? new Set();
      holders.set(threadId, others.add(holder));
      if (others.size === 1) use$.next({ threadId, busy: true });
      return () => {
        if (!others.delete(holder) || others.size > 0) return;
        holders.delete(threadId);
        use$.next({ threadId, busy: false });
      };
    },
    retire: () => {
      stayMs = 0;
      for (const threadId of loaded.keys())
        if (!holders.has(threadId)) use$.next({ threadId, busy: false });
    },
    isRetired: () => stayMs === 0,
    unused$: use$.pipe(
      idleThreads(() => stayMs),
      filter((threadId) => loaded.delete(threadId)),
    ),
  };
};

/** The threads that one turn holds. */
interface HeldThreads {
  /** Holds a thread until `release`. */
  readonly hold: (threadId: string) => void;
  /** Runs work in the background, and holds the thread until it has completed. */
  readonly backgroundOf: (threadId: string) => RunInBackground;
  readonly release: () => void;
}

/** Holds threads for a turn and for the work that outlives it. */
export const holdThreads = (
  threads: Pick<Threads, 'hold'>,
  runInBackground: RunInBackground,
): HeldThreads => {
  const holds = new Subscription();
  return {
    hold: (threadId) => {
      holds.add(threads.hold(threadId));
    },
    backgroundOf: (threadId) => (work$) => {
      runInBackground(work$.pipe(finalize(threads.hold(threadId))));
    },
    release: () => holds.unsubscribe(),
  };
};
