import { defer, map, type Observable, reduce } from 'rxjs';
import type { DriftCount } from '../../node/drift-file.js';
import { type Check, green, yellow } from './check.js';

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
export const checkOrphans = (mend: boolean, { find$, end$ }: OrphanPorts): Observable<Check> =>
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

/** Lists the unknown kinds of events and items that codex has printed. */
export const checkDrift = (counts: readonly DriftCount[], file: string): Check =>
  counts.length === 0
    ? green('drift', 'drift', 'codex has printed no event or item that this plugin does not know')
    : yellow(
        'drift',
        'drift',
        [
          'codex has printed or recorded kinds that this plugin does not know; turns ignore them',
          ...counts.map(
            ({ kind, codex, count }) =>
              `${kind}: ${count} times${codex === '' ? '' : `, codex ${codex}`}`,
          ),
        ].join('\n'),
        `update the plugin, or report the kinds; to count anew remove ${file}`,
      );
