import {
  defer,
  endWith,
  ignoreElements,
  interval,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  takeUntil,
} from 'rxjs';
import { branch } from '../../streams/branch.js';
import { createScreen, type ScreenNotice, type ScreenOutput } from './screen.js';
import type { ScreenOptions } from './screen-options.js';

/** Milliseconds between two pictures of the status line. */
const TICK_MS = 100;

/**
 * Renders a turn for people.
 *
 * Emits what to write, and to which stream, when a notice arrives. stdout gets the text and a LF at
 * its end, with `json` one canonical event per line. stderr gets warnings, errors, and with
 * `thinking` the thinking; on a terminal also a status line ten times a second and the tokens at
 * the end. Completes and fails with the source. Unsubscribe unsubscribes from the source and stops
 * the status line.
 */
export const render =
  (options: ScreenOptions): OperatorFunction<ScreenNotice, ScreenOutput> =>
  (source$) =>
    defer(() => {
      const screen = createScreen(options, performance.now());
      return source$.pipe(
        branch((notice$) =>
          merge(
            notice$.pipe(mergeMap((notice) => screen.show(notice, performance.now()))),
            options.stderr
              ? ticks(notice$).pipe(mergeMap((frame) => screen.tick(frame, performance.now())))
              : [],
          ),
        ),
      );
    });

const ticks = (source$: Observable<unknown>): Observable<number> =>
  interval(TICK_MS).pipe(takeUntil(source$.pipe(ignoreElements(), endWith(true))));
