import { type CodexArgument, codexArguments, overrideOf } from '../../arguments/codex-arguments.js';
import { choosesSandbox } from '../../arguments/sandbox-argument.js';
import { type CodexSettings, tomlValue } from '../config-toml.js';
import { askedSandbox } from '../exec/asked.js';
import { argsBesideModel, type ModelArgs } from '../exec/model-flag.js';
import { counterpartOf, fitArguments } from './server-args.js';

/** The arguments of a model id, translated for one thread of an app-server. */
export interface ThreadArgs {
  /** Dotted keys of config.toml, and values of JSON. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The sandbox of the thread, where an argument chooses one. */
  readonly sandbox?: string;
  /** The first argument that only `codex exec` takes. */
  readonly unfit?: string;
}

/** A model id has an argument that only `codex exec` takes. The message says which. */
export class ModelArgsError extends Error {
  override readonly name = 'ModelArgsError';
}

/** Translates the arguments of a model id. Stops at the first one without a counterpart. */
export const threadArgs = (modelArgs: readonly string[] = []): ThreadArgs => {
  const { fit, ...rest } = fitArguments(modelArgs);
  const words = fit.flatMap(({ words: own }) => own);
  const sandbox = choosesSandbox(words) ? askedSandbox(words) : undefined;
  return {
    config: Object.fromEntries(fit.flatMap(settingsOf)),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...rest,
  };
};

/** The settings of a thread that an argument stands for, the sandbox apart. */
const settingsOf = (argument: CodexArgument): (readonly [string, unknown])[] => {
  const { flag, value } = argument;
  const [key = '', setting = ''] = overrideOf(argument) ?? [];
  switch (counterpartOf(argument)) {
    case 'override':
      return [[key, tomlValue(setting)]];
    case 'feature':
      return [[`features.${value}`, flag === '--enable']];
    case 'hook-trust':
      return [['bypass_hook_trust', true]];
    case 'sandbox':
    case 'none':
    case undefined:
      return [];
  }
};

/**
 * Settings that a thread keeps when it is resumed without them (from 0.169 on, unlike `codex exec
 * resume`), and the value of each that has the effect of no setting (measured).
 */
const KEPT = [
  ['model_reasoning_summary', 'none'],
  ['service_tier', 'default'],
] as const;

/**
 * The settings that every thread has to name, so that none of a model id stays for the next one: of
 * `KEPT` those that a list of `model_args` sets, with the operator's own value or else the default.
 * The provider, which a thread keeps too, is named by `resumeThread`.
 */
export const settingsToRestore = (
  modelArgs: ModelArgs,
  extraArgs: readonly string[],
  settings: CodexSettings = {},
): Readonly<Record<string, unknown>> => {
  const lists = Object.values(modelArgs).map((value) => threadArgs(argsBesideModel(value)).config);
  const { config } = threadArgs(overridesIn(extraArgs));
  return Object.fromEntries(
    KEPT.filter(([name]) => lists.some((list) => Object.hasOwn(list, name))).map(
      ([name, value]) => [name, config[name] ?? settings[name] ?? value],
    ),
  );
};

const overridesIn = (args: readonly string[]): string[] =>
  codexArguments(args).flatMap((argument) =>
    overrideOf(argument) === undefined ? [] : argument.words,
  );
