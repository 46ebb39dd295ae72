import { concat, ignoreElements, interval, map, type Observable, of, take, takeWhile } from 'rxjs';
import type { ProcessEntry } from './process-entry.js';
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
}

export const rootOf = (pid: number, marker: string): Root => ({
  pid,
  startTime: processTable.readProcess(pid)?.startTime ?? 0,
  marker,
  seen: new Map(),
});

/**
 * Returns the pids of the running processes of the tree: the root, its descendants, its session,
 * every process with its marker, and every process that an earlier call found. codex's MCP servers
 * stay in its session; its shell tools start sessions of their own, and lose their parent when
 * codex is killed (src/codex/README.md, signals). Without a table it finds none; see `killTree`.
 */
export const livingTree = (root: Root, table = processTable): number[] => {
  // A process that is older than the root has a reused pid, or nothing to do with the root.
  const younger = table
    .listProcesses()
    .filter(({ pid, startTime }) => startTime >= root.startTime && pid !== process.pid);
  const isOwnSession = root.leftover === undefined || table.isRunning(root);
  const belongs = ({ pid, startTime, session }: ProcessEntry): boolean =>
    pid === root.pid
      ? startTime === root.startTime
      : root.seen.get(pid) === startTime ||
        (isOwnSession && session === root.pid) ||
        table.hasMarker(pid, root.marker);
  const tree = new Set(younger.filter(belongs).map(({ pid }) => pid));
  for (let before = -1; before !== tree.size; ) {
    before = tree.size;
    for (const { pid, parent } of younger) if (tree.has(parent)) tree.add(pid);
  }
  for (const { pid, startTime } of younger) if (tree.has(pid)) root.seen.set(pid, startTime);
  return [...tree];
};

/** Sends a signal. Returns whether there was a process; one that has exited is not an error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): boolean => {
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
export const killTree = (root: Root, table = processTable): number => {
  const tree = livingTree(root, table);
  for (const pid of tree) signalProcess(pid, 'SIGKILL');
  if (table.isOwn() || root.leftover !== undefined || root.pid === NO_PID) return tree.length;
  return signalProcess(-root.pid, 'SIGKILL') ? 1 : 0;
};

/** Milliseconds between two kills of a tree, and how many follow the first: 2 s. */
const REPEAT_MS = 10;
const REPEATS = 200;

/**
 * Kills the tree until none of its processes is running.
 *
 * Emits nothing. Calls `kill`, which returns how many processes it found, at once and then every
 * 10 ms; completes when it finds none, or after 2 s. Does not fail. Unsubscribe stops the calls.
 */
export const killUntilGone = (root: Root, kill = killTree): Observable<never> =>
  concat(of(0), interval(REPEAT_MS)).pipe(
    take(REPEATS + 1),
    map(() => kill(root)),
    takeWhile((running) => running > 0),
    ignoreElements(),
  );
