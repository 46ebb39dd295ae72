/** A running process, as `/proc/<pid>/stat` or `ps` lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /**
   * Clock ticks since boot; of `ps`, seconds since 1970. With the pid it identifies a process: the
   * kernel reuses pids.
   */
  readonly startTime: number;
}

/** Reads a table of processes. */
export interface ProcessTable {
  /**
   * Whether the pids of the table are those that signals of this process go to. They are not in a
   * pid namespace that still has the `/proc` of another one: each pid names another process there.
   */
  readonly isOwn: () => boolean;
  /** Whether `session` of a process is its session; `ps` shows its group instead. */
  readonly showsSessions: boolean;
  /** A process by its pid; `undefined` when it has exited or is a zombie. */
  readonly readProcess: (pid: number) => ProcessEntry | undefined;
  /** Every running process. */
  readonly listProcesses: () => ProcessEntry[];
  /** Whether the environment of a process contains `marker`, a `NAME=value`. */
  readonly hasMarker: (pid: number, marker: string) => boolean;
  /** Whether the stdin of a process is a pipe or a socket; false where nothing shows it. */
  readonly readsPipe: (pid: number) => boolean;
  /** Whether the process with this pid and start time is running. */
  readonly isRunning: (process: Pick<ProcessEntry, 'pid' | 'startTime'>) => boolean;
}
