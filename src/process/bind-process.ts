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

/** What kills each process that is running, and removes its record. */
const running = new Set<() => void>();
const killRunning = (): void => {
  for (const kill of running) kill();
};

/**
 * Binds a process to the life of this one: when this process exits, the tree is killed and its
 * record removed.
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
  const killNow = (): void => {
    kill();
    removeRecord();
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
