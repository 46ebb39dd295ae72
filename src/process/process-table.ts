import { readdirSync, readFileSync } from 'node:fs';

/** A running process, as the kernel lists it in `/proc/<pid>/stat`. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks since boot. With the pid it identifies a process: the kernel reuses pids. */
  readonly startTime: number;
}

/** A process by its pid; `undefined` when it has exited or is a zombie. */
export const readProcess = (pid: number): ProcessEntry | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const at = (i: number): number => Number(fields[i - 3]);
    return fields[0] === 'Z' || fields[0] === 'X'
      ? undefined
      : { pid, parent: at(4), session: at(6), startTime: at(22) };
  } catch {
    return undefined;
  }
};

/** Every running process. Linux only: empty elsewhere. */
export const listProcesses = (): ProcessEntry[] => {
  try {
    return readdirSync('/proc').flatMap((name) =>
      /^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : [],
    );
  } catch {
    return [];
  }
};

/** Whether the environment of a process contains `marker`, a `NAME=value`. */
export const hasMarker = (pid: number, marker: string): boolean => {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`.includes(`\0${marker}\0`);
  } catch {
    return false;
  }
};

/** Whether the process with this pid and start time is running. */
export const isRunning = ({ pid, startTime }: Pick<ProcessEntry, 'pid' | 'startTime'>): boolean =>
  readProcess(pid)?.startTime === startTime;

/** Identifies the boot that start times are relative to. */
export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
};
