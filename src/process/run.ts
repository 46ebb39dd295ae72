/** One process of codex, described. */
export interface ProcessRun {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  /** The agent's workspace. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What goes to stdin, which is then closed. */
  readonly stdin: string;
  /**
   * Whether no other process of codex may work in `cwd` meanwhile, because this version does not
   * see to that by itself.
   */
  readonly alone?: boolean;
  /** The version of codex, where it is known. */
  readonly version?: string | undefined;
}

/** The wish to end a turn before its time. */
export interface Cancel {
  readonly reason: 'host' | 'shutdown' | 'deadline';
  /** Milliseconds that codex has between SIGINT and SIGKILL. */
  readonly graceMs: number;
  /** The deadline that has passed. */
  readonly expired?: Expired;
}

/**
 * A limit of time that codex has passed; `exit` is that of a codex that has said the end of its
 * turn and does not go.
 */
export interface Expired {
  readonly deadline: 'firstEvent' | 'idle' | 'command' | 'turn' | 'exit';
  readonly ms: number;
}

export interface Stdout {
  readonly type: 'stdout';
  readonly chunk: Uint8Array;
}

/**
 * The end of the process and of everything it started: no process of the turn is alive any more.
 */
export interface Exited {
  readonly type: 'exited';
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it said on stderr. */
  readonly stderr: string;
  /** Whether it has proved to be codex before, by what it said. */
  readonly isCodex?: true;
  /** The cancel that ended it, when one did. */
  readonly cancelled?: Cancel;
}

/** How a process ended, in words. */
export const howEnded = ({
  code,
  signal,
}: {
  readonly code: number | null;
  readonly signal: string | null;
}): string =>
  signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;

/** `stdout*  exited`: `exited` comes once, last. */
export type ProcessSignal = Stdout | Exited;
