import { finalize, type Observable } from 'rxjs';
import { isTerminal, type TurnEvent } from '../canonical/turn-event.js';
import type { ImageBlock } from '../canonical/turn-request.js';
import type { Ports, StagedImages } from '../ports.js';
import { continueWith } from '../streams/continue-with.js';
import { emitEach } from '../streams/emit-each.js';

/** The images of a turn as files, and a line of text for each one that codex cannot read. */
export type TurnImages = Pick<StagedImages, 'paths' | 'notes'>;

/**
 * Stages the images of a turn for the life of `use$`.
 *
 * Emits the events of `use$(images)`; removes the files before its terminal event. Completes and
 * fails with it, and fails when the images cannot be staged. Unsubscribe removes the files. A turn
 * without images stages nothing.
 */
export const withImages = (
  turn: { readonly images: readonly ImageBlock[]; readonly workspace: string },
  ports: Pick<Ports, 'stageImages$'>,
  use$: (images: TurnImages) => Observable<TurnEvent>,
): Observable<TurnEvent> =>
  turn.images.length === 0
    ? use$({ paths: [], notes: [] })
    : ports.stageImages$(turn.images, turn.workspace).pipe(
        continueWith((images) =>
          use$(images).pipe(
            emitEach<TurnEvent, TurnEvent>((event, subscriber) => {
              if (isTerminal(event)) images.release();
              subscriber.next(event);
            }),
            finalize(images.release),
          ),
        ),
      );
