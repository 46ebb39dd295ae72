import { readdirSync, readFileSync } from 'node:fs';
import { defer, EMPTY, expand, ignoreElements, map, type Observable, takeWhile, timer } from 'rxjs';

/** What a process of ours left behind can be known by, also after its parents are gone. */
export interface Root {
  readonly pid: number;
  /** Clock ticks since boot, from /proc: tells the process from a later one with the same pid. */
  readonly startTime: number;
  /** `NAME=value` in the environment of the process and of what it starts. */
  readonly marker: string;
  /**
   * Whoever was once seen in the tree, with its start time: it belongs to it also when every trace
   * is gone.
   */
  readonly seen: Map<number, number>;
  /**
   * Started by a plugin that is gone: since then its pid may have become that of somebody else's
   * session.
   */
  readonly leftover?: true;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly startTime: number;
}

/** A process by its line in /proc, nothing when it is gone or a zombie. */
const readProcess = (pid: number): Process | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const at = (i: number): number => Number(fields[i - 3]);
    return fields[0] === 'Z' || fields[0] === 'X'
      ? undefined
      : { pid, parent: at(4), session: at(6), startTime: at(22) };
  } catch {
    return undefined;
  }
};

/** Of the boot: start times count from it. */
export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
};

/** Whether a process runs that began at this time. */
export const isRunning = ({ pid, startTime }: Pick<Root, 'pid' | 'startTime'>): boolean =>
  readProcess(pid)?.startTime === startTime;

export const rootOf = (pid: number, marker: string): Root => ({
  pid,
  startTime: readProcess(pid)?.startTime ?? 0,
  marker,
  seen: new Map(),
});

const marked = (pid: number, marker: string): boolean => {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`.includes(`\0${marker}\0`);
  } catch {
    return false;
  }
};

const pidsOfProc = (): number[] => {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
};

/**
 * The pids of the living processes that `root` is or started, at this moment: its descendants, its
 * session (codex's MCP servers stay in it), whoever carries its marker (codex's shell tools have
 * sessions of their own and lose their parent when codex dies), and whoever an earlier look found.
 * Linux only; elsewhere it finds none, and SIGINT and the process group have to do
 * (facts/codex-exec.md §8).
 */
export const livingTree = (root: Root): number[] => {
  // Whoever is older than the root was not started by it: that also keeps a reused pid out.
  const younger = pidsOfProc()
    .flatMap((pid) => readProcess(pid) ?? [])
    .filter((process) => process.startTime >= root.startTime && process.pid !== self);
  const tree = new Set<number>();
  const isSession = root.leftover === undefined || isRunning(root);
  const belongs = (process: Process): boolean =>
    process.pid === root.pid
      ? process.startTime === root.startTime
      : root.seen.get(process.pid) === process.startTime ||
        (isSession && process.session === root.pid) ||
        marked(process.pid, root.marker);
  for (const process of younger) if (belongs(process)) tree.add(process.pid);
  for (let before = -1; before !== tree.size; ) {
    before = tree.size;
    for (const process of younger) if (tree.has(process.parent)) tree.add(process.pid);
  }
  for (const process of younger)
    if (tree.has(process.pid)) root.seen.set(process.pid, process.startTime);
  return [...tree];
};

const self = process.pid;

/** Sends a signal; a process that is already gone is no error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone, or not ours any more.
  }
};

/** SIGKILL to the whole tree, now. Returns how many processes were alive. */
export const killTree = (root: Root): number => {
  const tree = livingTree(root);
  for (const pid of tree) signalProcess(pid, 'SIGKILL');
  return tree.length;
};

/** Milliseconds between two looks at a tree that was killed, and how many looks it gets: 2 s. */
const LOOK_MS = 10;
const LOOKS = 200;

/**
 * Ends what is left of a tree. Kills, looks again until nothing is alive, at most 2 s, and
 * completes; emits nothing and does not fail. Each subscription does it anew; unsubscribe stops
 * looking.
 */
export const sweep = (root: Root): Observable<never> => {
  const look = (nth: number) => defer(() => [{ nth, alive: killTree(root) }]);
  return look(0).pipe(
    expand(({ nth, alive }) =>
      alive === 0 || nth >= LOOKS
        ? EMPTY
        : timer(LOOK_MS).pipe(map(() => ({ nth: nth + 1, alive: killTree(root) }))),
    ),
    takeWhile(({ alive }) => alive > 0, true),
    ignoreElements(),
  );
};
