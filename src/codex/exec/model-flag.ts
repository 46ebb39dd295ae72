/**
 * The value of `--model` for a Plexum model id, nothing for codex's own choice, or why the id is
 * refused.
 */
export type ModelFlag = { readonly model: string | undefined } | { readonly refused: string };

/** Characters: longer than any id there is. */
const MAX_MODEL_ID = 256;

/**
 * Maps a Plexum model id as the Go plugin does: '' and 'codex' are codex's own choice, then the
 * operator's `model_args`, else the id as it is. What would reach codex as a flag is refused.
 */
export const modelFlag = (id: string, modelArgs: Readonly<Record<string, string>>): ModelFlag => {
  if (id === '' || id === 'codex') return { model: undefined };
  const model = Object.hasOwn(modelArgs, id) ? modelArgs[id] : id;
  if (model === undefined || model === '') return { model: undefined };
  const clear =
    model.length <= MAX_MODEL_ID &&
    !/^[\s-]/.test(model) &&
    !Array.from(model).some((letter) => letter.charCodeAt(0) < 32);
  return clear
    ? { model }
    : {
        refused: `codex: the model id ${JSON.stringify(id.slice(0, 80))} looks like a flag; use an id of supported_models or map it in model_args`,
      };
};
