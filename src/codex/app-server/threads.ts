import {
  connect,
  filter,
  map,
  mergeMap,
  type Observable,
  type OperatorFunction,
  Subject,
  takeUntil,
  timer,
} from 'rxjs';
import type { Root } from '../../process/process-tree.js';

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

/** A turn of a thread begins, or is over. */
export interface ThreadUse {
  readonly threadId: string;
  readonly busy: boolean;
}

/**
 * The threads that nobody uses.
 *
 * ```
 * uses   --B--f--B--f--------    B a turn of a thread begins  f it is over
 * emits  ---------------t----    t the thread, ms after its last turn
 * ```
 *
 * Emits a thread's id each time that no turn of it has run for `ms`, asked when one is over.
 * Completes with the source, when the last of them is told; fails and is unsubscribed with it.
 */
export const idleThreads = (ms: () => number): OperatorFunction<ThreadUse, string> =>
  connect((use$) =>
    use$.pipe(
      filter(({ busy }) => !busy),
      mergeMap(({ threadId }) =>
        timer(ms()).pipe(
          map(() => threadId),
          takeUntil(use$.pipe(filter((use) => use.threadId === threadId))),
        ),
      ),
    ),
  );
