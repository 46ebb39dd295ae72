import * as t from 'io-ts';
import { catchError, map, mergeMap, type Observable, of } from 'rxjs';
import type { AppServer } from './app-server.js';

const Configured = t.type({ config: t.type({ model: t.string }) });
const Listed = t.type({ data: t.array(t.unknown) });
const Default = t.type({ model: t.string, isDefault: t.literal(true) });

/**
 * The model that codex would choose by itself for a new thread: that of its config, else its
 * default (measured on 0.135.0 and 0.169.0).
 *
 * Emits it once and completes; nothing where codex does not tell. Does not fail.
 */
export const defaultModel = (
  { request$ }: Pick<AppServer, 'request$'>,
  cwd: unknown,
): Observable<string | undefined> =>
  request$('config/read', { includeLayers: false, cwd }).pipe(
    mergeMap((read) =>
      Configured.is(read) ? of(read.config.model) : request$('model/list', {}).pipe(map(defaultOf)),
    ),
    catchError(() => of(undefined)),
  );

const defaultOf = (listed: unknown): string | undefined =>
  Listed.is(listed) ? listed.data.find(Default.is)?.model : undefined;
