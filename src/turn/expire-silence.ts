import {
  EMPTY,
  filter,
  map,
  merge,
  type OperatorFunction,
  pairwise,
  startWith,
  switchMap,
  timer,
} from 'rxjs';
import type { Deadlines } from '../plexum/deadline-settings.js';
import type { Expired } from '../process/run.js';

/**
 * Reports a silence of codex that is longer than its limit allows.
 *
 * ```
 * source  --a---------------     idle 4, command 30
 * isBusy  ------t---f---f---     asked whenever the idle clock has run
 * emits   --------------x---     x {deadline: 'idle', ms: 4}
 * ```
 *
 * Each value of the source restarts both clocks. Emits `idle` after a period of `idle` milliseconds
 * at whose beginning and end nothing was busy; otherwise looks again one period later, so that the
 * model has a whole period after a tool. Emits `command` when something is busy `command`
 * milliseconds after the last value. A limit of 0 milliseconds is none. Completes when the source
 * has completed and no clock runs. Fails with the source. Unsubscribe stops the clocks.
 */
export const expireSilence =
  (
    { idle, command }: Pick<Deadlines, 'idle' | 'command'>,
    isBusy: () => boolean,
  ): OperatorFunction<unknown, Expired> =>
  (activity$) => {
    const idle$ = timer(idle, idle).pipe(
      map(isBusy),
      startWith(false),
      pairwise(),
      filter((busy) => !busy.includes(true)),
      map((): Expired => ({ deadline: 'idle', ms: idle })),
    );
    const command$ = timer(command).pipe(
      filter(isBusy),
      map((): Expired => ({ deadline: 'command', ms: command })),
    );
    return activity$.pipe(
      // Not debounceTime: it reads the wall clock, which jumps.
      switchMap(() => merge(idle === 0 ? EMPTY : idle$, command === 0 ? EMPTY : command$)),
    );
  };
