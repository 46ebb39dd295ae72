import { type CodexArgument, codexArguments, overrideOf } from '../../arguments/codex-arguments.js';
import { excerpt } from '../../text/explain.js';
import { textProblem } from '../../text/text-problem.js';

/** The setting `model_args`: a value of `--model`, or arguments of codex, by model id. */
export type ModelArgs = Readonly<Record<string, string | readonly string[]>>;

/** What a model id asks of codex, or what is wrong with it, and the refusal of its turns. */
export type ModelFlag = ModelChoice | { readonly problem: string; readonly refused: string };

export interface ModelChoice {
  /** The value of `--model`; `undefined` for codex's default. */
  readonly model: string | undefined;
  /** The other arguments that the operator gives to turns of this id; absent without any. */
  readonly args?: readonly string[];
}

/** Characters. No known id is that long. */
const MAX_MODEL_ID = 256;

/**
 * Maps a Plexum model id like the Go plugin: '' and 'codex' mean codex's default; an id in the
 * operator's `model_args` has that value; any other id is passed on. A list of arguments chooses a
 * model only by `-m` or `-c model=`. Refuses a model that codex would take for a flag, and one with
 * half a character, which would reach codex as another name.
 */
export const modelFlag = (id: string, modelArgs: ModelArgs): ModelFlag => {
  if (id === '' || id === 'codex') return { model: undefined };
  const value = Object.hasOwn(modelArgs, id) ? modelArgs[id] : id;
  const choice = typeof value === 'object' ? choiceOf(value) : { model: value };
  const { model } = choice;
  if (model === undefined || model === '') return { ...choice, model: undefined };
  const wrong = problemOf(model);
  if (wrong === undefined) return choice;
  const problem = model === id ? wrong : `is mapped to ${excerpt(model, SHOWN)}, which ${wrong}`;
  const step =
    model === id ? 'use an id of supported_models or map it in model_args' : 'correct model_args';
  return { problem, refused: `codex: the model id ${excerpt(id, SHOWN)} ${problem}; ${step}` };
};

/** Characters of an id in a refusal. */
const SHOWN = 80;

const problemOf = (model: string): string | undefined => {
  const problem = textProblem(model);
  if (problem !== undefined) return problem;
  if (Array.from(model).some((letter) => letter.charCodeAt(0) < 32))
    return 'has a line break or another control character';
  if (model.startsWith('-')) return 'looks like a flag';
  if (/^\s/.test(model)) return 'begins with white space';
  return model.length > MAX_MODEL_ID ? `is longer than ${MAX_MODEL_ID} characters` : undefined;
};

/** The model of a list of arguments, apart from the others: each transport names it in its way. */
export const choiceOf = (args: readonly string[]): ModelChoice => {
  const split = codexArguments(args);
  const model = split.findLast(isModel);
  const others = split.filter((argument) => !isModel(argument)).flatMap(({ words }) => words);
  return {
    model: model && (overrideOf(model)?.[1].replace(/^(["'])(.*)\1$/s, '$2') ?? model.value),
    ...(others.length === 0 ? {} : { args: others }),
  };
};

/** What a value of `model_args` gives to codex beside the model. */
export const argsBesideModel = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? [] : (choiceOf(value).args ?? []);

const isModel = (argument: CodexArgument): boolean =>
  argument.flag === '--model' || overrideOf(argument)?.[0] === 'model';
