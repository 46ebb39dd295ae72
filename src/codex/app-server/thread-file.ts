import { inodeOf } from './file-state.js';
import type { RolloutStates } from './open-thread.js';
import type { Threads } from './threads.js';

type FileOf = RolloutStates['fileOf'];

/** Notes which file codex has open for a loaded thread, unless it is known. */
export const noteOpenFile = (
  threads: Pick<Threads, 'get' | 'set'>,
  threadId: string | undefined,
  fileOf: FileOf,
): void => {
  const thread = threadId === undefined ? undefined : threads.get(threadId);
  if (threadId !== undefined && thread !== undefined && thread.open === undefined)
    threads.set(threadId, { ...thread, open: inodeOf(fileOf(threadId)) });
};

/**
 * Notes the state of a loaded thread after a turn. codex goes on writing to a rollout that was
 * replaced (0.135.0 to 0.171.0): the state of another file than the open one counts as unknown, and
 * the next turn reads the thread again.
 */
export const noteTurnEnd = (
  threads: Pick<Threads, 'get' | 'set'>,
  threadId: string,
  fileOf: FileOf,
  failed: boolean,
): void => {
  noteOpenFile(threads, threadId, fileOf);
  const thread = threads.get(threadId);
  if (thread === undefined) return;
  const file = fileOf(threadId);
  const isOpen = inodeOf(file) === thread.open;
  threads.set(threadId, { ...thread, failed, file: isOpen ? file : undefined });
};
