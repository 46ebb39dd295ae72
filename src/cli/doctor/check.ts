import { catchError, defer, type Observable, of } from 'rxjs';
import { reasonOf } from '../../text/explain.js';

export type State = 'green' | 'yellow' | 'red';

/**
 * One thing that was looked at. Red: turns fail, or lose something. Yellow: they work, and
 * something is better known or changed.
 */
export interface Check {
  /** Stable, for programs: `codex`, `login`, `session /path`, … */
  readonly id: string;
  readonly state: State;
  /** A few words. */
  readonly title: string;
  /** What was found; may have several lines. */
  readonly detail: string;
  /** What to do. */
  readonly mend?: string;
}

export const green = (id: string, title: string, detail: string): Check => ({
  id,
  state: 'green',
  title,
  detail,
});
export const yellow = (id: string, title: string, detail: string, mend: string): Check => ({
  id,
  state: 'yellow',
  title,
  detail,
  mend,
});
export const red = (id: string, title: string, detail: string, mend: string): Check => ({
  id,
  state: 'red',
  title,
  detail,
  mend,
});

/** Emits what `check$` emits. Does not fail: a check that breaks is red by itself. */
export const guarded = (
  id: string,
  title: string,
  check$: () => Observable<Check>,
): Observable<Check> =>
  defer(check$).pipe(
    catchError((error: unknown) =>
      of(
        red(
          id,
          title,
          `this could not be checked: ${reasonOf(error)}`,
          'mend what the reason says, and look again',
        ),
      ),
    ),
  );
