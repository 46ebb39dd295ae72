import type { Readable } from 'node:stream';
import { concat, NEVER, Observable, of } from 'rxjs';

/** Emits true and never completes: the `ready$` of a stream that is never paused. */
export const always$: Observable<boolean> = concat(of(true), NEVER);

/**
 * Milliseconds of work for a chunk after which other events get their turn. Node reads up to 32
 * chunks of a pipe at once: with work like that, a cancel would wait for seconds.
 */
const LONG_MS = 8;

/**
 * Emits the chunks of a Node stream as they arrive.
 *
 * Pauses the stream while `ready$` is false, so that a slow reader makes the writer wait instead of
 * filling memory; `ready$` has to emit on subscribe. Pauses it for one turn of the event loop after
 * a chunk that takes longer than `LONG_MS`. Completes when the stream ends, closes or fails: by
 * then everything it had was emitted, and the exit of its process says how it ended. Fails with
 * `ready$`. Unsubscribe removes the listeners and lets the stream flow unread, so that the writer
 * does not block.
 */
export const readable = (stream: Readable, ready$ = always$): Observable<Uint8Array> =>
  new Observable((subscriber) => {
    let rest: NodeJS.Immediate | undefined;
    const letOthersWork = (): void => {
      stream.pause();
      rest ??= setImmediate(() => {
        rest = undefined;
        if (isReady) stream.resume();
      });
    };
    const next = (chunk: Uint8Array): void => {
      const began = performance.now();
      subscriber.next(chunk);
      if (!subscriber.closed && performance.now() - began > LONG_MS) letOthersWork();
    };
    const complete = (): void => {
      subscriber.complete();
    };
    let isReady = true;
    // Node resumes the pipes of a process that has exited, also one that is paused.
    const pauseAgain = (): void => {
      if (!isReady) stream.pause();
    };
    stream.on('data', next).on('end', complete).on('close', complete).on('error', complete);
    stream.on('resume', pauseAgain);
    const flow = ready$.subscribe({
      next: (ready) => {
        isReady = ready;
        if (ready) stream.resume();
        else stream.pause();
      },
      error: (error: unknown) => {
        subscriber.error(error);
      },
    });
    return () => {
      flow.unsubscribe();
      clearImmediate(rest);
      // Without its listener for errors, a later error of the stream would be uncaught.
      stream
        .off('data', next)
        .off('end', complete)
        .off('close', complete)
        .off('resume', pauseAgain);
      stream.resume();
    };
  });
