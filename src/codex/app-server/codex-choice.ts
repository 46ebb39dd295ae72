import * as t from 'io-ts';
import { catchError, map, mergeMap, type Observable, of } from 'rxjs';
import type { Rpc } from './rpc.js';

/** What codex takes for a new thread; `undefined` for what it does not say. */
export interface CodexChoice {
  readonly model: string | undefined;
  readonly provider: string | undefined;
}

const Configured = t.type({
  config: t.partial({ model: t.unknown, model_provider: t.unknown }),
});
const ModelList = t.type({ data: t.array(t.unknown) });
const DefaultModel = t.type({ model: t.string, isDefault: t.literal(true) });

/** The provider of a config without `model_provider`. */
const DEFAULT_PROVIDER = 'openai';

/**
 * What codex takes for a new thread in a folder, with the model `asked` where there is one.
 *
 * Emits the model and the provider of codex's config, with all its layers, and completes. A config
 * without a model has the default of the model list. Emits `undefined` for what codex does not
 * name or refuses to say; does not fail. Unsubscribe drops the answer. Measured on 0.135.0 to
 * 0.171.0.
 */
export const codexChoice = (
  { request$ }: Pick<Rpc, 'request$'>,
  cwd: string,
  asked: string | undefined,
): Observable<CodexChoice> =>
  request$('config/read', { includeLayers: false, cwd }).pipe(
    map((answer) => (Configured.is(answer) ? answer.config : {})),
    mergeMap(({ model, model_provider: provider }) => {
      const named = asked ?? (typeof model === 'string' ? model : undefined);
      const model$ =
        named === undefined ? request$('model/list', {}).pipe(map(listedDefault)) : of(named);
      return model$.pipe(
        catchError(() => of(undefined)),
        map((chosen) => ({ model: chosen, provider: providerOf(provider) })),
      );
    }),
    catchError(() => of({ model: asked, provider: undefined })),
  );

const providerOf = (configured: unknown): string | undefined => {
  if (configured === null) return DEFAULT_PROVIDER;
  return typeof configured === 'string' ? configured : undefined;
};

/** The provider in an answer to `config/read`; `undefined` where it has none. */
export const configuredProvider = (answer: unknown): string | undefined =>
  Configured.is(answer) ? providerOf(answer.config.model_provider) : undefined;

const listedDefault = (list: unknown): string | undefined =>
  ModelList.is(list) ? list.data.find(DefaultModel.is)?.model : undefined;
