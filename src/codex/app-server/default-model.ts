import * as t from 'io-ts';
import { catchError, map, mergeMap, type Observable, of } from 'rxjs';
import type { Rpc } from './rpc.js';

const Configured = t.type({ config: t.type({ model: t.string }) });
const ModelList = t.type({ data: t.array(t.unknown) });
const DefaultModel = t.type({ model: t.string, isDefault: t.literal(true) });

/**
 * The model that codex chooses for a new thread in a folder.
 *
 * Emits the model of codex's config, else the default of its model list, and completes. Emits
 * `undefined` when codex names neither or refuses the request; does not fail. Unsubscribe drops the
 * answer. Measured on 0.135.0 and 0.169.0.
 */
export const defaultModel = (
  { request$ }: Pick<Rpc, 'request$'>,
  cwd: string,
): Observable<string | undefined> =>
  request$('config/read', { includeLayers: false, cwd }).pipe(
    mergeMap((answer) =>
      Configured.is(answer)
        ? of(answer.config.model)
        : request$('model/list', {}).pipe(map(listedDefault)),
    ),
    catchError(() => of(undefined)),
  );

const listedDefault = (list: unknown): string | undefined =>
  ModelList.is(list) ? list.data.find(DefaultModel.is)?.model : undefined;
