import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { Answer } from './ask-app-server.js';

/** The answer of codex to `model/list` (0.135.0 to 0.171.0), as far as it is read. */
const ModelList = t.type({
  data: t.array(
    t.intersection([
      t.type({ model: t.string }),
      t.partial({ hidden: t.boolean, isDefault: t.boolean }),
    ]),
  ),
});

/** The models of codex. */
export interface ListedModels {
  /** One line for people. */
  readonly words: string;
  /** Whether codex lists a model; true where it has given no list. */
  readonly has: (model: string) => boolean;
}

/** The models in an answer of codex. It hides some, which a turn may name all the same. */
export const listedModels = (answer: Answer): ListedModels => {
  const unknown = (reason: string): ListedModels => ({
    words: `the models of codex are not known: ${reason}`,
    has: () => true,
  });
  if (isLeft(answer)) return unknown(answer.left);
  if (!ModelList.is(answer.right)) return unknown('it lists them in a form that is not known');
  const { data } = answer.right;
  const shown = data
    .filter(({ hidden }) => hidden !== true)
    .map(({ model, isDefault }) => (isDefault === true ? `${model} (the default)` : model));
  return {
    words: `codex lists ${shown.join(', ')}`,
    has: (name) => data.some(({ model }) => model === name),
  };
};
