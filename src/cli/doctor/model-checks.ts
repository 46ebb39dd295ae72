import { serverArgs } from '../../codex/app-server/server-args.js';
import { WHAT_A_LOGIN_SERVES } from '../../codex/events/advice.js';
import { modelFlag } from '../../codex/exec/model-flag.js';
import type { Config } from '../../plexum/config.js';
import { type Check, green, red, yellow } from './check.js';

/**
 * Reports the `--model` argument of each model id. `defaultOnly`: the login serves only the default
 * model of the account.
 */
export const checkModels = (
  { supportedModels, modelArgs }: Pick<Config, 'supportedModels' | 'modelArgs'>,
  defaultOnly: boolean,
): Check => {
  const mapped = Object.keys(modelArgs).filter(
    (id) => id !== 'codex' && !supportedModels.includes(id),
  );
  const flags = [...new Set([...supportedModels, ...mapped])].map((id) => ({
    id,
    flag: modelFlag(id, modelArgs),
  }));
  const detail = flags
    .map(({ id, flag }) => {
      if ('refused' in flag) return `${JSON.stringify(id)} → refused, since it looks like a flag`;
      const to = flag.model === undefined ? "codex's own choice" : `--model ${flag.model}`;
      return `${id} → ${to}${mapped.includes(id) ? ' (not in supported_models, so the manifest does not show it)' : ''}`;
    })
    .join('\n');
  const title = 'models';
  if (flags.some(({ flag }) => 'refused' in flag))
    return red(
      'models',
      title,
      detail,
      'correct the id in supported_models, or its value in model_args: it may not begin with "-" or white space, hold control characters, or be over 256 long',
    );
  if (supportedModels.length === 0)
    return yellow(
      'models',
      title,
      'supported_models is empty, so the manifest shows no model',
      'name at least one: ["codex"]',
    );
  const others = flags
    .filter(({ flag }) => 'model' in flag && flag.model !== undefined)
    .map(({ id }) => id);
  return defaultOnly && others.length > 0
    ? yellow('models', title, detail, `${others.join(', ')}: ${WHAT_A_LOGIN_SERVES}`)
    : green('models', title, detail);
};

/** Reports the transport that runs turns, and the setting that chooses it. */
export const checkTransport = ({
  transport,
  appServerRequired,
  extraArgs,
}: Pick<Config, 'transport' | 'appServerRequired' | 'extraArgs'>): Check => {
  const title = 'transport';
  if (transport === 'exec')
    return green(
      'transport',
      title,
      'exec: a process of codex exec for each turn, as "transport" says; "app-server" streams the text as the model writes it',
    );
  const { unfit } = serverArgs(extraArgs);
  const otherwise = appServerRequired
    ? 'turns fail when it cannot start ("app_server_required")'
    : 'codex exec runs a turn when it cannot start';
  return unfit === undefined
    ? green('transport', title, `app-server: one for all turns, as "transport" says; ${otherwise}`)
    : yellow(
        'transport',
        title,
        `${unfit} in extra_args is for codex exec only, so the app-server is not started; ${otherwise}`,
        `take ${unfit} out of extra_args, or set "transport": "exec"`,
      );
};
