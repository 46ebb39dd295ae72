import { defer, map, type Observable } from 'rxjs';
import { realPath } from '../../process/files.js';
import type { ProcessRun } from '../../process/run.js';
import { checkWorkspace } from '../../process/workspace.js';
import { type Environment, withoutProxy } from '../environment.js';
import { choosesSandbox, type ExecOptions, execArgs } from './exec-args.js';
import { findCodex$, needsLock } from './find-codex.js';
import { goalsOverride, trustOverride } from './overrides.js';

/** What is asked of codex in one process, before the program is known. */
export type ExecPlan = Omit<ExecOptions, 'extraArgs' | 'overrides'> & {
  readonly workspace: string;
  readonly prompt: string;
  /** The way to the host's tools, when there are any. */
  readonly bridge?: Bridge | undefined;
};

/** An open bridge: how a codex of a version is configured to reach the host's tools. */
export interface Bridge {
  /** How many tools it offers. */
  readonly tools: number;
  /** `-c` overrides of one `codex exec`. */
  readonly overrides: (version: string | undefined) => readonly string[];
  /** Variables of that process, which the overrides name. */
  readonly env: Readonly<Record<string, string>>;
  /** The config of one thread of an app-server. */
  readonly threadConfig: (version: string | undefined) => Readonly<Record<string, unknown>>;
  /** What the operator has to know of this version and these tools. */
  readonly warning: (version: string | undefined) => string | undefined;
}

export interface ExecRunOptions {
  readonly binary: string;
  readonly extraArgs: readonly string[];
  readonly environment: Environment;
  readonly onWarning: (message: string) => void;
}

/**
 * Emits the process that runs a plan, once the program and its version are known, and completes.
 * Fails with `BinaryError` or `WorkspaceError`.
 */
export const codexRun = (
  plan: ExecPlan,
  { binary: name, extraArgs, environment, onWarning }: ExecRunOptions,
): Observable<ProcessRun> =>
  defer(() => {
    checkWorkspace(plan.workspace);
    return findCodex$(name, environment);
  }).pipe(
    map(({ binary, version }) => {
      const { bridge } = plan;
      const warning = bridge?.warning(version);
      if (warning !== undefined) onWarning(warning);
      const overrides = [
        ...(bridge?.overrides(version) ?? []),
        ...goalsOverride(version),
        ...(choosesSandbox(extraArgs)
          ? []
          : trustOverride([plan.workspace, realPath(plan.workspace)], version)),
      ];
      return {
        file: binary.file,
        args: execArgs({ ...plan, extraArgs, overrides }),
        cwd: plan.workspace,
        env: {
          ...environment,
          ...binary.env,
          ...(bridge === undefined ? {} : { ...withoutProxy(environment), ...bridge.env }),
        },
        stdin: plan.prompt,
        alone: needsLock(version),
        version,
      };
    }),
  );
