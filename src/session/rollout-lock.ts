import { existsSync } from 'node:fs';
import { concat, defer, EMPTY, ignoreElements, mergeMap, type Observable, tap } from 'rxjs';
import type { Patch } from '../codex/rollout/patch.js';
import { noteChange } from '../codex/rollout/rollout-changes.js';
import { createFolderOf, fileAbout } from '../codex/rollout/rollout-notes.js';
import { takeLock } from '../process/file-lock.js';
import { patchFile } from './patch-file.js';
import { runSteps } from './run-steps.js';
import { journalOf, undoPatch } from './undo-journal.js';

/** Milliseconds to wait for a process that changes the rollout. */
const WAIT_MS = 2_000;

/**
 * Runs a source while no other process may change the rollout, after a patch that was interrupted
 * is undone.
 *
 * Emits, completes and fails with the source. While another process holds the lock, waits for up to
 * 2 s and then fails with `BusyError`; fails also when no lock can be created and when the patch
 * cannot be undone. Releases the lock before it completes or fails, and on unsubscribe, after the
 * source is unsubscribed.
 */
export const withRolloutLock = <T>(rollout: string, source$: Observable<T>): Observable<T> =>
  defer(() => {
    createFolderOf(lockOf(rollout));
    return takeLock(lockOf(rollout), { does: 'changes this thread', waitMs: WAIT_MS });
  }).pipe(
    mergeMap((release) =>
      defer(() => {
        if (undoPatch(rollout)) noteChange(rollout);
        return source$;
      }).pipe(tap({ complete: release, error: release, unsubscribe: release })),
    ),
  );

/**
 * Undoes a patch that was interrupted, and waits for one that another process is making; see
 * `withRolloutLock`. Emits nothing and completes; takes no lock when there is neither.
 */
export const restoreRollout = (rollout: string): Observable<never> =>
  defer(() =>
    existsSync(journalOf(rollout)) || existsSync(lockOf(rollout))
      ? withRolloutLock(rollout, EMPTY)
      : EMPTY,
  );

/**
 * Patches a rollout whose lock is held; see `patchFile`. Emits nothing and completes. Unsubscribe
 * undoes the patch. Notes the change before the first byte changes, for a process that is killed,
 * and after the last one, for a codex that has read the rollout in between.
 */
export const patchRollout = (rollout: string, patches: readonly Patch[]): Observable<never> => {
  const note$ = defer(() => {
    noteChange(rollout);
    return EMPTY;
  });
  return concat(note$, runSteps(() => patchFile(rollout, patches)).pipe(ignoreElements()), note$);
};

const lockOf = (rollout: string): string => fileAbout(rollout, '.lock');
