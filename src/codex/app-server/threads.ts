import { filter, type Observable, Subject } from 'rxjs';
import type { Root } from '../exec/process-tree.js';
import { idleThreads, type ThreadUse } from './idle-threads.js';

export interface LoadedThread {
  /** With what it was loaded; '' while nobody knows. */
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

/** The threads that an app-server has loaded. */
export interface Threads {
  readonly get: (threadId: string) => LoadedThread | undefined;
  readonly set: (threadId: string, thread: LoadedThread) => void;
  readonly delete: (threadId: string) => void;
  /** A turn of a thread begins, or is over. */
  readonly use: (use: ThreadUse) => void;
  /** From now on no thread stays loaded after its last turn. */
  readonly retire: () => void;
  /**
   * Emits each loaded thread that had no turn for some time, which counts as loaded no more; hot.
   */
  readonly unused$: Observable<string>;
}

/** `idleMs`: how long a thread stays loaded after its last turn. */
export const createThreads = (idleMs: number): Threads => {
  const loaded = new Map<string, LoadedThread>();
  const busy = new Set<string>();
  const use$ = new Subject<ThreadUse>();
  let stayMs = idleMs;
  const use = (used: ThreadUse): void => {
    if (used.busy) busy.add(used.threadId);
    else busy.delete(used.threadId);
    use$.next(used);
  };
  return {
    get: (threadId) => loaded.get(threadId),
    set: (threadId, thread) => {
      loaded.set(threadId, thread);
    },
    delete: (threadId) => {
      loaded.delete(threadId);
    },
    use,
    retire: () => {
      stayMs = 0;
      for (const threadId of loaded.keys()) if (!busy.has(threadId)) use({ threadId, busy: false });
    },
    unused$: use$.pipe(
      idleThreads(() => stayMs),
      filter((threadId) => loaded.delete(threadId)),
    ),
  };
};
