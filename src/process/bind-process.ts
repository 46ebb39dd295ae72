import {
  concat,
  defer,
  EMPTY,
  finalize,
  ignoreElements,
  type Observable,
  of,
  takeUntil,
  tap,
} from 'rxjs';
import { killSteps } from './kill-policy.js';
import type { ProcessControl } from './process-control.js';

/** Milliseconds between SIGINT and SIGKILL after a plain unsubscribe. */
const UNSUBSCRIBE_GRACE_MS = 5_000;

interface BindOptions {
  readonly isGone?: () => boolean;
  readonly graceMs?: number | undefined;
}

/** What kills each tree that is running, and removes its record; see `ProcessControl.kill`. */
const running = new Set<() => number>();

/** Milliseconds between two kills while this process exits, and how many follow the first. */
const EXIT_MS = 5;
const EXIT_REPEATS = 20;

/**
 * Kills all trees and waits until they are gone, for 100 ms at most: SIGKILL takes a moment, and
 * who waits for the exit of this process may look at once for what it has left.
 */
const killRunning = (): void => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const killAll = (): number => [...running].reduce((sum, kill) => sum + kill(), 0);
  for (let nth = 0; killAll() > 0 && nth < EXIT_REPEATS; nth += 1)
    Atomics.wait(never, 0, 0, EXIT_MS);
};

/**
 * Binds a process to the life of this one: when this process exits, the tree is killed and its
 * record removed first.
 *
 * Returns the work that an unsubscribe leaves to the background. It sends SIGINT on subscribe and
 * SIGKILL to the tree `graceMs` later (5 s by default), nothing when the process has exited; then
 * it kills until the tree is gone, unless `isGone` says that it is, removes the record and
 * completes. It emits nothing and does not fail.
 */
export const bindProcess = (
  { exit$, interrupt, kill, killUntilGone$ }: ProcessControl,
  removeRecord: () => void,
  { isGone = () => false, graceMs = UNSUBSCRIBE_GRACE_MS }: BindOptions = {},
): Observable<never> => {
  if (!process.listeners('exit').includes(killRunning)) process.on('exit', killRunning);
  const killNow = (): number => {
    const count = kill();
    removeRecord();
    return count;
  };
  running.add(killNow);
  return concat(
    killSteps(of({ graceMs })).pipe(
      tap((step) => (step === 'kill' ? kill() : interrupt())),
      takeUntil(exit$),
    ),
    exit$,
    defer(() => (isGone() ? EMPTY : killUntilGone$)),
  ).pipe(
    ignoreElements(),
    finalize(() => {
      running.delete(killNow);
      removeRecord();
    }),
  );
};
