/** The value of `--model` for a Plexum model id, nothing for codex's own choice, or why the id is refused. */
export type ModelFlag = { readonly model: string | undefined } | { readonly refused: string };

/**
 * Maps a Plexum model id as the Go plugin does: '' and 'codex' are codex's own choice, then the operator's `model_args`, else the
 * id as it is. What would reach codex as a flag is refused.
 */
export const modelFlag = (id: string, modelArgs: Readonly<Record<string, string>>): ModelFlag => {
  if (id === '' || id === 'codex') return { model: undefined };
  const model = Object.hasOwn(modelArgs, id) ? modelArgs[id] : id;
  if (model === undefined || model === '') return { model: undefined };
  const clear = !/^[\s-]/.test(model) && !Array.from(model).some((letter) => letter.charCodeAt(0) < 32);
  return clear
    ? { model }
    : { refused: `codex: the model id ${JSON.stringify(id)} looks like a flag; use an id of supported_models or map it in model_args` };
};
