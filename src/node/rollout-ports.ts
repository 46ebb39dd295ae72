import {
  catchError,
  concat,
  defaultIfEmpty,
  defer,
  EMPTY,
  ignoreElements,
  map,
  mergeMap,
  type Observable,
  of,
  tap,
} from 'rxjs';
import {
  type FindRollout,
  PackedRolloutError,
  RolloutError,
} from '../codex/rollout/find-rollout.js';
import { notedInstructions, noteInstructions } from '../codex/rollout/noted-instructions.js';
import { endOfLines, readRollout } from '../codex/rollout/read-rollout.js';
import { type RolloutMark, readRolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Ports } from '../ports.js';
import { BusyError } from '../process/lock-holder.js';
import { restoreRollout } from '../session/rollout-lock.js';
import { unpackRollout } from '../session/unpack-rollout.js';
import { reasonOf } from '../text/explain.js';

/** The ports that read the rollout of a thread below codex's home. */
export const rolloutPorts = (
  home: string,
  findRollout: FindRollout,
  ready$: Observable<boolean>,
): Pick<
  Ports,
  | 'rolloutMark$'
  | 'rolloutFile$'
  | 'rollout$'
  | 'rolloutEnd$'
  | 'instructionsOf$'
  | 'noteInstructions$'
> => ({
  instructionsOf$: (threadId) =>
    unpackedRollout(threadId, findRollout).pipe(
      map(notedInstructions),
      // Without its rollout codex refuses the thread, which is replaced then.
      catchError((error: unknown) => {
        if (error instanceof BusyError) throw error;
        return EMPTY;
      }),
      defaultIfEmpty(''),
    ),
  noteInstructions$: (threadId, digest) =>
    unpackedRollout(threadId, findRollout).pipe(
      tap((file) => {
        if (notedInstructions(file) !== digest) noteInstructions(file, digest);
      }),
      ignoreElements(),
    ),
  rolloutMark$: (threadId) => markOfThread(threadId, findRollout),
  rolloutFile$: (threadId) => unpackedRollout(threadId, findRollout),
  rollout$: (threadId, from, to) =>
    defer(() => {
      // Asked for a rollout that is found, and at the end of a turn.
      const file = findRollout(threadId, true);
      if (file === undefined)
        throw new RolloutError(`there is no rollout of thread ${threadId} below ${home}`);
      return readRollout(file, from, ready$, to);
    }),
  rolloutEnd$: (threadId, from) =>
    defer(() => {
      const file = findRollout(threadId);
      return file === undefined ? EMPTY : of(endOfLines(file, from));
    }),
});

/** Emits the rollout of a thread, if there is one, once it is no longer compressed. */
const unpackedRollout = (threadId: string, findRollout: FindRollout): Observable<string> => {
  const find$ = defer(() => {
    const file = findRollout(threadId);
    return file === undefined ? EMPTY : of(file);
  });
  return find$.pipe(
    catchError((error: unknown) => {
      if (!(error instanceof PackedRolloutError)) throw error;
      return concat(unpackRollout(error.packed), find$);
    }),
  );
};

/** Fails when an interrupted mutation cannot be undone: codex must not resume a mixed rollout. */
const markOfThread = (threadId: string, findRollout: FindRollout): Observable<RolloutMark> =>
  unpackedRollout(threadId, findRollout).pipe(
    map((file) => ({ file })),
    catchError((error: unknown) => {
      if (error instanceof BusyError) throw error;
      return of({ problem: reasonOf(error) });
    }),
    defaultIfEmpty({ problem: 'there was none when it began' }),
    mergeMap((found) =>
      'file' in found
        ? concat(
            restoreRollout(found.file),
            defer(() => of(markOf(found.file))),
          )
        : of(found),
    ),
  );

const markOf = (rollout: string): RolloutMark => {
  try {
    return readRolloutMark(rollout);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
};
