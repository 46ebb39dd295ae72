import type { Exited, ProcessRun } from '../process/run.js';
import type { Asked } from './permissions.js';

/** The description of one process of codex. */
export interface CodexRun extends ProcessRun {
  /** Whether the workspace has to be locked, because this codex takes no lock itself. */
  readonly alone?: boolean;
  /** The version of codex, when it is known. */
  readonly version?: string | undefined;
  /** A file that has to exist while codex runs, for nobody else to read. */
  readonly schemaFile?: { readonly path: string; readonly text: string } | undefined;
  /** What the arguments ask of codex; absent when nobody compares it. */
  readonly asked?: Asked | undefined;
}

/** A deadline that has expired; `exit`: the turn has ended, and codex has not exited. */
export interface Expired {
  readonly deadline: 'firstEvent' | 'idle' | 'command' | 'reconnect' | 'turn' | 'exit';
  readonly ms: number;
}

/** codex has exited and its process tree is gone, or its turn on the app-server has ended. */
export interface CodexExited extends Exited {
  /** Set when the version or the output has shown that the program is codex. */
  readonly isCodex?: true;
  /** The deadline for which the turn was cancelled. */
  readonly expired?: Expired | undefined;
  /** Why the turn was ended before: its sandbox, see `refusalOf`. */
  readonly refused?: string | undefined;
}
