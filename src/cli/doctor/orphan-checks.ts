import { defer, map, type Observable, reduce } from 'rxjs';
import { type Check, checkOf } from './check.js';

/** Finds, or ends, the orphans. Both emit the number of living processes per run record. */
export interface OrphanPorts {
  readonly find$: Observable<number>;
  readonly end$: Observable<number>;
}

/**
 * Counts the processes that killed plugins left, and ends them when `mend` is set. Emits one check
 * once the ports complete, then completes. Fails when a port fails. Unsubscribe unsubscribes from
 * the port.
 */
export const checkOrphans = (mend: boolean, { find$, end$ }: OrphanPorts): Observable<Check> => {
  const { green, yellow } = checkOf('leftovers');
  return defer(() => (mend ? end$ : find$)).pipe(
    reduce(
      (found, processes) => ({
        runs: found.runs + (processes > 0 ? 1 : 0),
        processes: found.processes + processes,
      }),
      { runs: 0, processes: 0 },
    ),
    map(({ runs, processes }) => {
      if (processes === 0) return green('no killed plugin has left a process');
      const detail = `${processes} ${processes === 1 ? 'process' : 'processes'} of ${runs} killed ${runs === 1 ? 'run' : 'runs'}`;
      return mend
        ? green(`${detail} ended`)
        : yellow(
            `${detail} still alive`,
            'run "doctor --mend", or start the plugin: both end them',
          );
    }),
  );
};
