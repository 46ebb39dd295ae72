import type { ProcessEntry, ProcessTable } from './process-entry.js';
import { processTable } from './process-table.js';

/** The pid of a tree without a root process; no process has it. */
export const NO_PID = -1;

/** A child process, with all that identifies its descendants once their parents are gone. */
export interface Root {
  readonly pid: number;
  /** Clock ticks since boot: distinguishes the process from a later one with the same pid. */
  readonly startTime: number;
  /** `NAME=value` in the environment of the process; its descendants inherit it. */
  readonly marker: string;
  /**
   * Start times by pid of all processes seen in the tree so far. They belong to it even when
   * nothing else connects them any longer.
   */
  readonly seen: Map<number, number>;
  /**
   * Set when the plugin that started the process is gone: its pid, and so its session, may belong
   * to somebody else by now.
   */
  readonly leftover?: true;
  /** Start times by pid of the daemons that a normal end has let go; see `letDaemonsGo`. */
  readonly left: Map<number, number>;
  /** Called when more daemons were let go. */
  onLeft?: () => void;
}

export const rootOf = (pid: number, marker: string): Root => ({
  pid,
  startTime: processTable.readProcess(pid)?.startTime ?? 0,
  marker,
  seen: new Map(),
  left: new Map(),
});

/**
 * Returns the pids of the running processes of the tree: the root, its descendants, its session,
 * every process with its marker, and every process that an earlier call found. codex's MCP servers
 * stay in its session; its shell tools start sessions of their own, and lose their parent when
 * codex is killed (src/codex/README.md, signals). Daemons that were let go, and what they start,
 * are no part of it. Without a table it finds none; see `killTree`.
 */
export const livingTree = (root: Root, table = processTable): number[] => {
  // A process that is older than the root has a reused pid, or nothing to do with the root.
  const others = table
    .listProcesses()
    .filter(({ pid, startTime }) => startTime >= root.startTime && pid !== process.pid);
  const left = withChildren(others, ({ pid, startTime }) => root.left.get(pid) === startTime);
  for (const { pid, startTime } of others) if (left.has(pid)) root.left.set(pid, startTime);
  // A pid that is gone may be given to another process.
  if (others.length > 0)
    for (const pid of root.left.keys()) if (!left.has(pid)) root.left.delete(pid);
  const younger = others.filter(({ pid }) => !left.has(pid));
  const isOwnSession = root.leftover === undefined || table.isRunning(root);
  const belongs = ({ pid, startTime, session }: ProcessEntry): boolean =>
    pid === root.pid
      ? startTime === root.startTime
      : root.seen.get(pid) === startTime ||
        (isOwnSession && session === root.pid) ||
        table.hasMarker(pid, root.marker);
  const tree = withChildren(younger, belongs);
  for (const { pid, startTime } of younger) if (tree.has(pid)) root.seen.set(pid, startTime);
  return [...tree];
};

/** The pids of the processes that match, and of their descendants. */
export const withChildren = (
  processes: readonly ProcessEntry[],
  matches: (process: ProcessEntry) => boolean,
): Set<number> => {
  const found = new Set(processes.filter(matches).map(({ pid }) => pid));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid);
  }
  return found;
};

/**
 * Takes the daemons out of a tree, after a normal end: what has a session of its own and no parent
 * up to the process `codex`. codex ends the sessions that it has started (src/codex/README.md, the
 * end of a turn), so these have left it on purpose, and another agent may use them.
 */
export const letDaemonsGo = (root: Root, codex = root.pid, table = processTable): void => {
  const tree = new Set(livingTree(root, table));
  if (tree.size === 0) return;
  const processes = table.listProcesses();
  const below = withChildren(
    processes,
    ({ pid, session }) => pid === codex || (tree.has(pid) && session === codex),
  );
  const daemons = processes.filter(
    ({ pid, session }) => tree.has(pid) && session !== codex && !below.has(pid),
  );
  for (const { pid, startTime } of daemons) root.left.set(pid, startTime);
  if (daemons.length > 0) root.onLeft?.();
};

/**
 * Whether a tool of the root runs: a child with a session of its own, which codex's shell tools
 * have and its MCP servers have not (src/codex/README.md, signals). A daemon has left its parent.
 * False where the table shows no sessions (`ps`).
 */
export const isToolAlive = ({ pid }: Root, table = processTable): boolean =>
  table.showsSessions &&
  table.listProcesses().some(({ parent, session }) => parent === pid && session !== pid);

/** Sends a signal. Returns whether there was a process; one that has exited is not an error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    // Exited, or not ours.
    return false;
  }
};

/**
 * Sends SIGINT to the root: the only signal after which codex ends its own children
 * (src/codex/README.md, signals). Looks at the tree first: once the root has exited, a descendant
 * that changed its session and its environment cannot be found any more.
 */
export const interruptTree = (root: Root): void => {
  livingTree(root);
  signalProcess(root.pid, 'SIGINT');
};

/**
 * Sends SIGKILL to the whole tree. Returns how many processes were running. Without a table of
 * processes, sends it to the process group of the root, whose pid nobody else can have as long as
 * its parent is running; returns 1 while the group exists.
 */
export const killTree = (root: Root, table = processTable): number =>
  signalTree(root, 'SIGKILL', table);

const signalTree = (root: Root, signal: 'SIGKILL' | 0, table: ProcessTable): number => {
  const tree = livingTree(root, table);
  for (const pid of tree) signalProcess(pid, signal);
  if (table.isOwn() || root.leftover !== undefined || root.pid === NO_PID) return tree.length;
  return signalProcess(-root.pid, signal) ? 1 : 0;
};

/** How many processes of the tree are running, as `killTree` counts them. */
export const countTree = (root: Root, table = processTable): number => signalTree(root, 0, table);
