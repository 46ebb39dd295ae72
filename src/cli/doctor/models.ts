import { WHAT_A_LOGIN_SERVES } from '../../codex/events/failure.js';
import { modelFlag } from '../../codex/exec/model-flag.js';
import type { Config } from '../../plexum/config.js';
import { type Check, green, red, yellow } from './check.js';

/**
 * What the models of the manifest become. `defaultOnly`: the login serves codex's own choice and
 * nothing else.
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
