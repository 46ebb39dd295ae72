import { getOrElseW } from 'fp-ts/lib/Either.js';
import { lastOverride } from '../../arguments/codex-arguments.js';
import { configuredProvider } from '../../codex/app-server/codex-choice.js';
import { fitArguments } from '../../codex/app-server/server-args.js';
import { tomlValue } from '../../codex/config-toml.js';
import { argsBesideModel } from '../../codex/exec/model-flag.js';
import { codexCan } from '../../codex/versions.js';
import type { Config } from '../../plexum/config.js';
import type { CodexSays } from './ask-app-server.js';

/**
 * The model providers that turns ask: the one of codex's config, and those of `model_args`.
 * `undefined` where they are not known, and where codex goes on with a thread of any provider.
 */
export const turnProviders = (
  says: Pick<CodexSays, 'version' | 'config'> | undefined,
  { extraArgs, modelArgs }: Pick<Config, 'extraArgs' | 'modelArgs'>,
): readonly string[] | undefined => {
  if (says?.version === undefined || !codexCan(says.version, 'threadHasProvider')) return undefined;
  const configured = configuredProvider(getOrElseW(() => undefined)(says.config));
  const lists = Object.values(modelArgs).map(argsBesideModel);
  // A profile or `--oss` may name another one. The app-server takes neither, nor what follows.
  if (configured === undefined || [extraArgs, ...lists].some(isForExec)) return undefined;
  return [configured, ...lists.flatMap(providersIn)];
};

/** Whether an argument is one that only `codex exec` takes. */
const isForExec = (args: readonly string[]): boolean => fitArguments(args).unfit !== undefined;

const providersIn = (args: readonly string[]): string[] => {
  const named = lastOverride(args, 'model_provider');
  return named === undefined ? [] : [String(tomlValue(named))];
};
