import { WHAT_A_LOGIN_SERVES } from '../../codex/events/failure-steps.js';
import { type ModelChoice, modelFlag } from '../../codex/exec/model-flag.js';
import type { Config } from '../../plexum/config.js';
import { excerpt } from '../../text/explain.js';
import { redact } from '../../text/redact.js';
import { type Check, checkOf } from './check.js';
import type { ListedModels } from './listed-models.js';

const { green, yellow, red } = checkOf('models');

/** What decides which models a turn may name. */
export interface ModelAccess {
  /** Whether the login serves only the default model of the account. */
  readonly defaultOnly: boolean;
  /** Whether the models are those of OpenAI: another provider has models of its own. */
  readonly isOpenAi: boolean;
  /** The models of codex; absent when it was not asked. */
  readonly listed?: ListedModels;
}

/** Reports what each model id asks of codex, and the models that codex lists. */
export const checkModels = (
  { supportedModels, modelArgs }: Pick<Config, 'supportedModels' | 'modelArgs'>,
  { defaultOnly, isOpenAi, listed }: ModelAccess,
): Check => {
  const mapped = Object.keys(modelArgs).filter(
    (id) => id !== 'codex' && !supportedModels.includes(id),
  );
  const flags = [...new Set([...supportedModels, ...mapped])].map((id) => ({
    id,
    flag: modelFlag(id, modelArgs),
  }));
  const named = flags.flatMap(({ id, flag }) =>
    'model' in flag && flag.model !== undefined ? [{ id, model: flag.model }] : [],
  );
  const absent = named.filter(({ model }) => listed?.has(model) === false).map(({ id }) => id);
  const lines = flags.map(({ id, flag }) => {
    if ('refused' in flag) return `${excerpt(id, 80)} → refused, since it ${flag.problem}`;
    const notes = [
      ...(mapped.includes(id) ? [HIDDEN] : []),
      ...(absent.includes(id) ? ['codex does not list it'] : []),
    ];
    return `${id} → ${choiceWords(flag)}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
  });
  const detail = [...lines, ...(listed === undefined ? [] : [listed.words])].join('\n');
  if (flags.some(({ flag }) => 'refused' in flag))
    return red(
      detail,
      'correct the id in supported_models, or its value in model_args: it may not begin with "-" or white space, hold control characters, or be over 256 long',
    );
  if (supportedModels.length === 0)
    return yellow(
      'supported_models is empty, so the manifest shows no model',
      'name at least one: ["codex"]',
    );
  const steps = [
    ...(defaultOnly && named.length > 0
      ? [`${named.map(({ id }) => id).join(', ')}: ${WHAT_A_LOGIN_SERVES}`]
      : []),
    ...(isOpenAi && absent.length > 0 ? [`${absent.join(', ')}: ${UNLISTED}`] : []),
  ];
  return steps.length > 0 ? yellow(detail, steps.join('\n')) : green(detail);
};

const HIDDEN = 'not in supported_models, so the manifest does not show it';

const UNLISTED =
  'correct it in supported_models or model_args, unless the API serves it to your key';

const choiceWords = ({ model, args = [] }: ModelChoice): string => {
  const words = [...(model === undefined ? [] : ['--model', model]), ...args];
  return words.length === 0 ? "codex's own choice" : redact(words.join(' '));
};
