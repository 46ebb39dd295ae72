import { defer, map, type Observable } from 'rxjs';
import { bridgeOverrides, hiddenTools, readOperatorConfig } from '../../bridge/bridge-overrides.js';
import type { Access } from '../../bridge/endpoint.js';
import type { NodePortsOptions } from '../../node/ports-options.js';
import { realPath } from '../../process/files.js';
import type { ProcessRun } from '../../process/run.js';
import { checkWorkspace } from '../../process/workspace.js';
import { withoutProxy } from '../environment.js';
import { choosesSandbox, type ExecOptions, execArgs } from './argv.js';
import { foundCodex$, needsLock } from './found-codex.js';
import { goalsOverride, trustOverride } from './overrides.js';

export const codexRun = (
  plan: ExecPlan,
  { config, log }: Pick<NodePortsOptions, 'config' | 'log'>,
  environment: Readonly<Record<string, string>>,
): Observable<ProcessRun> =>
  defer(() => {
    checkWorkspace(plan.workspace);
    return foundCodex$(config.binary, environment);
  }).pipe(
    map(({ binary, version }) => {
      const { access, agentId = '', tools = 0 } = plan.bridge ?? {};
      const hidden = hiddenTools(tools, version);
      if (hidden !== undefined) log('warning', hidden);
      const overrides = [
        ...(access === undefined
          ? []
          : bridgeOverrides(
              agentId,
              access,
              config.toolTimeoutMs,
              version,
              readOperatorConfig(environment),
            )),
        ...goalsOverride(version),
        ...(choosesSandbox(config.extraArgs)
          ? []
          : trustOverride([plan.workspace, realPath(plan.workspace)], version)),
      ];
      const args = execArgs({ ...plan, extraArgs: config.extraArgs, overrides });
      const env = {
        ...environment,
        ...binary.env,
        ...(access === undefined ? {} : { ...withoutProxy(environment), ...access.env }),
      };
      return {
        file: binary.file,
        args,
        cwd: plan.workspace,
        env,
        stdin: plan.prompt,
        alone: needsLock(version),
        version,
      };
    }),
  );

/** What is asked of codex in one process, before the program is known. */
export type ExecPlan = Omit<ExecOptions, 'extraArgs' | 'overrides'> & {
  readonly workspace: string;
  readonly prompt: string;
  /** The way to the host's tools, when there are any. */
  readonly bridge?: Bridge | undefined;
};

/** An open bridge: what codex needs to reach the tools of an agent. */
export interface Bridge {
  readonly agentId: string;
  readonly access: Access;
  /** How many tools it offers. */
  readonly tools: number;
}
