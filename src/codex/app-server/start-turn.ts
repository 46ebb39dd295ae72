import * as t from 'io-ts';
import { defer, map, type Observable } from 'rxjs';
import type { OutputSchema } from '../output-schema.js';
import type { AppServer } from './app-server.js';
import { AppServerError } from './rpc.js';

const StartedTurn = t.type({ turn: t.type({ id: t.string }) });

/** What a turn sends. */
export interface TurnInput {
  readonly prompt: string;
  /** Paths of the images. */
  readonly images: readonly string[];
  readonly model: string | undefined;
  /** The JSON Schema of the answer. */
  readonly outputSchema?: OutputSchema | undefined;
}

/**
 * Sends `turn/start` on subscribe. Emits the id of the turn and completes; fails with
 * `AppServerError`. Unsubscribe drops the answer. Remembers the model of the thread.
 */
export const startTurn = (
  server: AppServer,
  threadId: string,
  { prompt, images, model, outputSchema }: TurnInput,
): Observable<string> =>
  defer(() => {
    const loaded = server.threads.get(threadId);
    const input = [
      { type: 'text', text: prompt },
      ...images.map((path) => ({ type: 'localImage', path })),
    ];
    return server
      .request$('turn/start', {
        threadId,
        input,
        ...(loaded?.model === model ? {} : { model }),
        ...(outputSchema === undefined ? {} : { outputSchema }),
      })
      .pipe(
        map((answer) => {
          if (!StartedTurn.is(answer))
            throw new AppServerError('codex app-server began a turn without an id');
          if (loaded !== undefined) loaded.model = model;
          return answer.turn.id;
        }),
      );
  });
