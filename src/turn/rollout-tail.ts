import type { Observable } from 'rxjs';
import { catchError, concat, defer, EMPTY, filter, ignoreElements, mergeMap, tap } from 'rxjs';
import type { Parsed } from '../lines/parse-json.js';
import type { Ports } from '../ports.js';

/** A rollout that is being written. */
export interface RolloutTail {
  /**
   * Emits the whole lines that were written since the last look, and completes. Does not fail:
   * where the end of the file cannot be found the next look reads on. A file that cannot be read,
   * or that was cut or replaced, is left to `rest$`.
   */
  readonly more$: Observable<Parsed>;
  /**
   * Emits the remaining lines, the last one whole or not, and completes. Calls `onRestart` first
   * and emits all lines from the beginning where the file is not the one that was read before.
   * Fails when the file cannot be read.
   */
  readonly rest$: (onRestart: () => void) => Observable<Parsed>;
  /** Whether the last look found the file that was read before; true before the first look. */
  readonly isFound: () => boolean;
}

/**
 * Follows the rollout of a thread from byte `offset` on, in the `file` that has the bytes before.
 * Subscribe to one Observable at a time: two would read the same lines.
 */
export const rolloutTail = (
  threadId: string,
  { offset, file: begun }: { readonly offset: number; readonly file?: string | undefined },
  { rollout$, rolloutEnd$ }: Pick<Ports, 'rollout$' | 'rolloutEnd$'>,
): RolloutTail => {
  /** The next byte to read, and the file that has those before it. */
  let at = offset;
  let file = begun;
  let isBroken = false;
  let isFound = true;
  /** Emits the end of the file that was read before. */
  const end$ = defer(() => {
    isFound = false;
    return isBroken ? EMPTY : rolloutEnd$(threadId, at);
  }).pipe(
    catchError(() => EMPTY),
    filter((found) => {
      isBroken = found.end < at || (file !== undefined && file !== found.file);
      file = found.file;
      isFound = !isBroken;
      return isFound;
    }),
  );
  return {
    more$: end$.pipe(
      filter(({ end }) => end > at),
      mergeMap(({ end }) =>
        rollout$(threadId, at, end).pipe(
          tap({
            complete: () => {
              at = end;
            },
          }),
        ),
      ),
      catchError(() => {
        isBroken = true;
        isFound = false;
        return EMPTY;
      }),
    ),
    isFound: () => isFound,
    rest$: (onRestart) =>
      concat(
        // A file that was never looked at is read at once.
        file === undefined ? EMPTY : end$.pipe(ignoreElements()),
        defer(() => {
          if (isBroken) {
            at = offset;
            onRestart();
          }
          return rollout$(threadId, at);
        }),
      ),
  };
};
