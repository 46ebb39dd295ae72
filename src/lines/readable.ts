import type { Readable } from 'node:stream';
import { concat, NEVER, Observable, of } from 'rxjs';

/** True at once, for what is always read. */
export const always$: Observable<boolean> = concat(of(true), NEVER);

/**
 * The bytes of a Node stream, as they come.
 *
 * Emits each chunk while `ready$` is true (it must emit at once on subscribe; always, when it is
 * not given); on false the stream is paused, so that a slow reader makes the writer wait instead of
 * filling memory. Completes when the stream ends or is closed, also by an error: what a pipe has to
 * say is said by then, and how its process ended is told by the exit. Unsubscribe removes the
 * listeners and lets the stream flow off unread, so that the writer is not blocked.
 */
export const readable = (stream: Readable, ready$ = always$): Observable<Uint8Array> =>
  new Observable((subscriber) => {
    const next = (chunk: Uint8Array): void => {
      subscriber.next(chunk);
    };
    const complete = (): void => {
      subscriber.complete();
    };
    stream.on('data', next).on('end', complete).on('close', complete).on('error', complete);
    const flow = ready$.subscribe({
      next: (ready) => {
        if (ready) stream.resume();
        else stream.pause();
      },
      error: (error: unknown) => {
        subscriber.error(error);
      },
    });
    return () => {
      flow.unsubscribe();
      stream.off('data', next).off('end', complete).off('close', complete);
      stream.resume();
    };
  });
