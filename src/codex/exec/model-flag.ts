/** The value of `--model`, undefined for codex's default, or why the model id is refused. */
export type ModelFlag = { readonly model: string | undefined } | { readonly refused: string };

/** Characters. No known id is that long. */
const MAX_MODEL_ID = 256;

/**
 * Maps a Plexum model id like the Go plugin: '' and 'codex' mean codex's default; an id in the
 * operator's `model_args` has that value; any other id is passed on. Refuses a model that codex
 * would take for a flag, and one with half a character, which would reach codex as another name.
 */
export const modelFlag = (id: string, modelArgs: Readonly<Record<string, string>>): ModelFlag => {
  if (id === '' || id === 'codex') return { model: undefined };
  const model = Object.hasOwn(modelArgs, id) ? modelArgs[id] : id;
  if (model === undefined || model === '') return { model: undefined };
  const isSafe =
    model.isWellFormed() &&
    model.length <= MAX_MODEL_ID &&
    !/^[\s-]/.test(model) &&
    !Array.from(model).some((letter) => letter.charCodeAt(0) < 32);
  return isSafe
    ? { model }
    : {
        refused: `codex: the model id ${JSON.stringify(id.slice(0, 80))} ${model.isWellFormed() ? 'looks like a flag' : 'has half a character'}; use an id of supported_models or map it in model_args`,
      };
};
