import { withModelArgs } from '../../arguments/with-model-args.js';
import type { Log } from '../../canonical/notice.js';
import { realPath } from '../../process/files.js';
import type { CodexSettings } from '../config-toml.js';
import type { ExecPlan } from '../exec/codex-run.js';
import { joinedInstructions, operatorInstructions } from '../instructions.js';
import { type Asked, differencesOf, grantedIn, refusalOf } from '../permissions.js';
import { readTrust, threadTrust } from '../workspace-trust.js';
import { filesOf } from './file-state.js';
import type { ServerArgs } from './server-args.js';
import { ModelArgsError, threadArgs } from './thread-args.js';
import type { AppTurnPlan } from './turn-on-thread.js';

export interface PlanOptions {
  readonly version: string | undefined;
  readonly args: ServerArgs;
  /** The folder of codex's own config. */
  readonly home: string;
  /** The operator's settings; `undefined` for those that cannot be read. */
  readonly settings: CodexSettings | undefined;
  /** The operator's arguments for codex. */
  readonly extraArgs: readonly string[];
  /** See `settingsToRestore`. */
  readonly restored: Readonly<Record<string, unknown>>;
  readonly log: Log;
}

/**
 * Plans one turn on the app-server of this version. Logs what the operator should know about the
 * bridge, the trust of the workspace, and, once codex has answered, what differs from what was
 * asked. Throws `ModelArgsError`.
 */
export const appTurnPlan = (
  {
    threadId,
    model,
    modelArgs,
    images,
    workspace,
    prompt,
    seed,
    instructions,
    outputSchema,
    bridge,
  }: ExecPlan,
  { version, args, home, settings, extraArgs: ofAllModels, restored, log }: PlanOptions,
): AppTurnPlan => {
  const own = threadArgs(modelArgs);
  if (own.unfit !== undefined)
    throw new ModelArgsError(
      `${own.unfit} in model_args is for codex exec only: take it out of model_args, or set "transport": "exec"`,
    );
  const { sandbox = args.sandbox } = own;
  const extraArgs = withModelArgs(ofAllModels, modelArgs);
  const trust = readTrust(workspace, {
    transport: 'app-server',
    version,
    sandbox,
    home,
    settings,
    extraArgs,
  });
  for (const warning of [bridge?.warning(version), trust.warning])
    if (warning !== undefined) log('warning', warning);
  const asked: Asked = {
    sandbox,
    approval: 'never',
    model,
    cwd: [workspace, realPath(workspace)],
  };
  return {
    threadId,
    cwd: workspace,
    model,
    sandbox,
    config: {
      ...restored,
      ...own.config,
      ...bridge?.threadConfig(version, settings),
      ...threadTrust(trust),
      ...args.config,
    },
    files: filesOf(home, workspace),
    prompt,
    seed,
    instructions,
    developerInstructions: joinedInstructions(
      instructions,
      operatorInstructions(settings, extraArgs),
    ),
    images,
    outputSchema,
    refuse: (answer) => {
      const granted = grantedIn(answer);
      if (granted === undefined) return undefined;
      for (const difference of differencesOf(asked, granted)) log('warning', difference);
      return refusalOf(asked, granted);
    },
  };
};
