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

/** codex has exited and its process tree is gone, or its turn on the app-server has ended. */
export interface CodexExited extends Exited {
  /** Set when the version or the output has shown that the program is codex. */
  readonly isCodex?: true;
}
