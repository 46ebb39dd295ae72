import { availableParallelism } from 'node:os';
import type { Config } from '../plexum/config.js';
import type { WorkspaceQueue } from '../ports.js';
import type { BackgroundWork } from '../process/background-work.js';
import { realPath } from '../process/files.js';
import { createWorkspaceQueue } from '../turn/workspace-queue.js';
import { readSession } from './session-file.js';

type QueueConfig = Pick<Config, 'maxConcurrentTurns'>;

/** The number of turns that run concurrently. */
export const turnLimit = ({ maxConcurrentTurns }: QueueConfig): number =>
  maxConcurrentTurns ?? 2 * availableParallelism();

/** The queue of the workspaces, for one process. */
export const workspaceQueue = (config: QueueConfig, { drained$ }: BackgroundWork): WorkspaceQueue =>
  createWorkspaceQueue(turnLimit(config), keysOf, drained$);

/** The keys of a workspace: its real path, and its thread, which a copied folder shares. */
const keysOf = (workspace: string): string[] => {
  const name = realPath(workspace);
  try {
    const { threadId } = readSession(workspace);
    return threadId === undefined ? [name] : [name, threadId];
  } catch {
    // The turn itself reads it again, and fails.
    return [name];
  }
};
