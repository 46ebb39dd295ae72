import { defer, map, type Observable, reduce } from 'rxjs';
import { type Check, green, yellow } from './check.js';

/**
 * Looks for what killed plugins left, or ends it. Both emit a number of living processes for each
 * record.
 */
export interface LeftoverPorts {
  readonly find$: Observable<number>;
  readonly end$: Observable<number>;
}

/**
 * Processes that plugins which were killed have left. Ends them only when it should `mend`. Emits
 * once and completes.
 */
export const checkLeftovers = (mend: boolean, { find$, end$ }: LeftoverPorts): Observable<Check> =>
  defer(() => (mend ? end$ : find$)).pipe(
    reduce(
      (found, processes) => ({
        runs: found.runs + (processes > 0 ? 1 : 0),
        processes: found.processes + processes,
      }),
      { runs: 0, processes: 0 },
    ),
    map(({ runs, processes }) => {
      if (processes === 0)
        return green('leftovers', 'leftovers', 'no killed plugin has left a process');
      const detail = `${processes} ${processes === 1 ? 'process' : 'processes'} of ${runs} killed ${runs === 1 ? 'run' : 'runs'}`;
      return mend
        ? green('leftovers', 'leftovers', `${detail} ended`)
        : yellow(
            'leftovers',
            'leftovers',
            `${detail} still alive`,
            'run "doctor --mend", or start the plugin: both end them',
          );
    }),
  );
