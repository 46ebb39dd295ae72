/** A folder that is always there, for programs that read none. TMPDIR may be missing. */
export const ANY_FOLDER = '/';

/** The description of one child process. */
export interface ProcessRun {
  /** The absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** The working directory, for a turn the workspace of the agent. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The text that is written to stdin, which is then closed. */
  readonly stdin: string;
  /** Whether the program ends its whole tree at SIGINT, and gets it when this process is killed. */
  readonly endsWithParent?: boolean;
}

/** Gets, once the process has started, what looks whether a tool of it runs; see `isToolAlive`. */
export type OnStart = (isToolAlive: () => boolean) => void;

/** A deadline of a turn that has expired; `exit`: the turn has ended, and codex has not exited. */
export interface Expired {
  readonly deadline: 'firstEvent' | 'idle' | 'command' | 'reconnect' | 'turn' | 'exit';
  readonly ms: number;
}

/** A request to end a process before it exits by itself. */
export interface Cancel {
  readonly reason: 'host' | 'shutdown' | 'deadline';
  /** Milliseconds between SIGINT and SIGKILL. */
  readonly graceMs: number;
  /** Set when a turn has to end at once although its processes may run; see `outOfTime`. */
  readonly isOver?: true;
  /** Set when a deadline of the turn has expired. */
  readonly expired?: Expired;
  /** Why codex is ended: its sandbox is weaker than asked; see `refusalOf`. */
  readonly refused?: string;
}

export interface Stdout {
  readonly type: 'stdout';
  readonly chunk: Uint8Array;
}

/** The process has exited and its tree is gone. */
export interface Exited {
  readonly type: 'exited';
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The last 16 KiB of stderr. */
  readonly stderr: string;
  /** The first cancel, when there was one. */
  readonly cancelled?: Cancel;
}

/** The exit of a process that was cancelled before it started. */
export const notStarted = (cancelled: Cancel): Exited => ({
  type: 'exited',
  code: null,
  signal: null,
  stderr: '',
  cancelled,
});

/** The end of a process in words, after its name. */
export const howEnded = ({
  code,
  signal,
}: {
  readonly code: number | null;
  readonly signal: string | null;
}): string =>
  signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;

/** What a process emits: `stdout* exited`. */
export type ProcessSignal = Stdout | Exited;
