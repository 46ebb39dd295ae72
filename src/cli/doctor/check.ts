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

/**
 * Emits the checks of `check$`. Completes with `check$`. Does not fail: emits a red check when
 * `check$` throws or fails. Unsubscribe unsubscribes from `check$`.
 */
export const guardCheck = (
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
          'fix what the reason says, and run doctor again',
        ),
      ),
    ),
  );
