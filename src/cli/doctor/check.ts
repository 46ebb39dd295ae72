import { catchError, defer, type Observable, of } from 'rxjs';
import { reasonOf } from '../../text/explain.js';

export type State = 'green' | 'yellow' | 'red';

/**
 * The result of one check. Red: turns fail, or lose data. Yellow: turns work, but the operator
 * should know or change something.
 */
export interface Check {
  /** Stable name for programs: `codex`, `login`, `session /path`, … */
  readonly id: string;
  readonly state: State;
  /** A few words. */
  readonly title: string;
  /** What was found, in one or more lines. */
  readonly detail: string;
  /** What to do. */
  readonly mend?: string;
}

/** The results of a check, by their state. `id` and `title` are those of `Check`. */
export const checkOf = (id: string, title = id) => ({
  green: (detail: string): Check => ({ id, state: 'green', title, detail }),
  yellow: (detail: string, mend: string): Check => ({ id, state: 'yellow', title, detail, mend }),
  red: (detail: string, mend: string): Check => ({ id, state: 'red', title, detail, mend }),
});

/**
 * Emits the checks of `check$`. Completes with `check$`. Does not fail: emits a red check when
 * `check$` throws or fails. Unsubscribe unsubscribes from `check$`.
 */
export const guardCheck = (
  id: string,
  check$: () => Observable<Check>,
  title = id,
): Observable<Check> =>
  defer(check$).pipe(
    catchError((error: unknown) =>
      of(
        checkOf(id, title).red(
          `this could not be checked: ${reasonOf(error)}`,
          'fix what the reason says, and run doctor again',
        ),
      ),
    ),
  );
