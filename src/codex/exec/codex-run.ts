import path from 'node:path';
import { defer, map, type Observable } from 'rxjs';
import { withModelArgs } from '../../arguments/with-model-args.js';
import { wellFormedJson } from '../../lines/well-formed.js';
import { temporaryFolder } from '../../process/create-folder.js';
import { realPath } from '../../process/files.js';
import { uniqueId } from '../../process/unique-id.js';
import { checkWorkspace } from '../../process/workspace.js';
import { type CodexSettings, readSettings } from '../config-toml.js';
import { codexHome, type Environment, withoutProxy } from '../environment.js';
import { operatorInstructions } from '../instructions.js';
import { type Opening, openingText } from '../opening.js';
import type { OutputSchema } from '../output-schema.js';
import type { CodexRun } from '../run.js';
import { readTrust, trustOverride } from '../workspace-trust.js';
import { askedOf } from './asked.js';
import { type ExecOptions, execArgs, execInput } from './exec-args.js';
import { findCodex$, needsLock } from './find-codex.js';
import { goalsOverride } from './goals.js';
import { instructionsOverride } from './instructions-override.js';
import { retryOverrides } from './retries.js';

/** The request for one run of `codex exec`, before the program is known. */
export type ExecPlan = Opening &
  Omit<ExecOptions, 'extraArgs' | 'overrides' | 'schemaFile'> & {
    readonly workspace: string;
    /** The operator's arguments for the model id of the turn. */
    readonly modelArgs?: readonly string[] | undefined;
    /** The JSON Schema of the answer; see `outputSchema`. */
    readonly outputSchema?: OutputSchema | undefined;
    /** Connects codex to the host's tools; absent when there are none. */
    readonly bridge?: CodexBridge | undefined;
  };

/**
 * An open bridge: the configuration with which codex reaches the host's tools, by its version and
 * the operator's settings, `undefined` where nobody knows them.
 */
export interface CodexBridge {
  /** Number of tools. */
  readonly tools: number;
  /** `-c` overrides for one `codex exec`. */
  readonly overrides: (
    version: string | undefined,
    settings: CodexSettings | undefined,
  ) => readonly string[];
  /** Variables of that process that the overrides refer to. */
  readonly env: Readonly<Record<string, string>>;
  /** The config for one thread of an app-server. */
  readonly threadConfig: (
    version: string | undefined,
    settings: CodexSettings | undefined,
  ) => Readonly<Record<string, unknown>>;
  /** A warning for the operator about this version and these tools. */
  readonly warning: (version: string | undefined) => string | undefined;
}

export interface ExecRunOptions {
  readonly binary: string;
  readonly extraArgs: readonly string[];
  /** The setting `reconnect_timeout_ms`. */
  readonly reconnectMs: number;
  readonly environment: Environment;
  readonly onWarning: (message: string) => void;
}

/**
 * Plans the process for one run of `codex exec`.
 *
 * Emits one description of the process when the program and its version are known, and completes.
 * Fails with `BinaryError` or `WorkspaceError`. Unsubscribe stops the search for the version.
 */
export const codexRun = (
  plan: ExecPlan,
  { binary: name, extraArgs: ofAllModels, reconnectMs, environment, onWarning }: ExecRunOptions,
): Observable<CodexRun> =>
  defer(() => {
    checkWorkspace(plan.workspace);
    return findCodex$(name, environment);
  }).pipe(
    map(({ binary, version }) => {
      const extraArgs = withModelArgs(ofAllModels, plan.modelArgs);
      const { bridge } = plan;
      const asked = askedOf(extraArgs, {
        model: plan.model,
        cwd: [plan.workspace, realPath(plan.workspace)],
      });
      const home = codexHome(environment);
      const settings = readSettings(home);
      const trust = readTrust(plan.workspace, {
        transport: 'exec',
        version,
        sandbox: asked.sandbox,
        home,
        settings,
        extraArgs,
      });
      for (const warning of [bridge?.warning(version), trust.warning])
        if (warning !== undefined) onWarning(warning);
      const overrides = [
        ...(bridge?.overrides(version, settings) ?? []),
        ...goalsOverride(version),
        ...retryOverrides(version, { reconnectMs, extraArgs }).flatMap((each) => ['-c', each]),
        ...trustOverride(trust),
        ...instructionsOverride(plan.instructions, operatorInstructions(settings, extraArgs)),
      ];
      const schemaFile = plan.outputSchema && {
        path: path.join(temporaryFolder(), `plexum-codex-${uniqueId()}.json`),
        text: wellFormedJson(plan.outputSchema),
      };
      return {
        file: binary.file,
        args: execArgs({ ...plan, extraArgs, overrides, schemaFile: schemaFile?.path }),
        ...(schemaFile === undefined ? {} : { schemaFile }),
        cwd: plan.workspace,
        env: {
          ...environment,
          ...binary.env,
          ...(bridge === undefined ? {} : { ...withoutProxy(environment), ...bridge.env }),
        },
        stdin: execInput(openingText(plan, uniqueId().slice(0, 13))),
        alone: needsLock(version),
        endsWithParent: true,
        version,
        asked,
      };
    }),
  );
