import {
  asyncScheduler,
  connect,
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
import { createScreen, type Look, type Noticed, type Written } from './screen.js';

/** Milliseconds between two pictures of the status line. */
const TICK_MS = 100;

/**
 * A turn for people.
 *
 * Emits what to write and where: on stdout the text as it comes, with a line feed at the end
 * (`json`: the canonical events, one a line); on stderr warnings and errors, thinking when it is
 * asked for, and, when it is a terminal, ten times a second a line that says how long it has taken
 * and what runs, and at the end the tokens. Completes, fails and is unsubscribed with the source.
 */
export const rendered =
  (look: Look): OperatorFunction<Noticed, Written> =>
  (source$) =>
    defer(() => {
      const screen = createScreen(look, asyncScheduler.now());
      return source$.pipe(
        connect((noticed$) =>
          merge(
            noticed$.pipe(mergeMap((what) => screen.show(what, asyncScheduler.now()))),
            look.stderr
              ? ticks(noticed$).pipe(mergeMap((nth) => screen.tick(nth, asyncScheduler.now())))
              : [],
          ),
        ),
      );
    });

const ticks = (source$: Observable<unknown>): Observable<number> =>
  interval(TICK_MS).pipe(takeUntil(source$.pipe(ignoreElements(), endWith(true))));
