import { map, mergeMap, type Observable, of, tap, timer, using } from 'rxjs';
import { always$, readable } from '../lines/readable.js';
import { defaultBackground, type RunInBackground } from './background-work.js';
import { bindProcess } from './bind-process.js';
import { letTreeEnd } from './end-tree.js';
import { dropRefused, endWithParent, isSetprivFailure } from './parent-death.js';
import { startTree } from './process-control.js';
import { processSignals } from './process-signals.js';
import { isToolAlive } from './process-tree.js';
import type { Cancel, OnStart, ProcessRun, ProcessSignal } from './run.js';
import { keepRecord } from './run-record.js';

export interface SpawnOptions {
  /** False while nobody reads: stdout is paused. Emits on subscribe; always true by default. */
  readonly ready$?: Observable<boolean>;
  /** Contains, while the process runs, what the next plugin needs to end it (`endOrphans`). */
  readonly recordsFolder?: string | undefined;
  /** Gets the work that an unsubscribe leaves; it completes when the process tree is gone. */
  readonly runInBackground?: RunInBackground;
  /** Called each time that a process has started. */
  readonly onStart?: OnStart | undefined;
}

/**
 * Starts one process for each subscription.
 *
 * Emits `stdout` chunks as the process writes them, paused while `ready$` is false, then `exited`
 * once its whole tree is gone, and completes. A failing exit is not an error; a process that cannot
 * be started fails with `SpawnError`. The first `cancel$` value cuts off stdout and sends SIGINT;
 * SIGKILL to the tree follows `graceMs` after it, or after a later cancel if that is sooner. A
 * process that has closed its stdout and lives on gets SIGINT after 5 s, SIGKILL after 10 s.
 * Unsubscribe cannot wait: it sends SIGINT at once, and SIGKILL to the tree 5 s later, in the
 * background.
 */
export const spawnProcess = (
  run: ProcessRun,
  cancel$: Observable<Cancel>,
  options: SpawnOptions = {},
): Observable<ProcessSignal> =>
  endWithParent(run, (probe) => spawnOnce(probe, timer(PROBE_MS).pipe(map(() => STOP)))).pipe(
    mergeMap((tied) =>
      tied === run
        ? spawnOnce(run, cancel$, options)
        : spawnOnce(tied, cancel$, options).pipe(
            mergeMap((signal) => {
              if (!isSetprivFailure(signal)) return of(signal);
              dropRefused(tied, signal);
              return spawnOnce(run, cancel$, options);
            }),
          ),
    ),
  );

/** Milliseconds after which the probe of setpriv is stopped; it takes about 6. */
const PROBE_MS = 3_000;
const STOP: Cancel = { reason: 'deadline', graceMs: 100 };

const spawnOnce = (
  run: ProcessRun,
  cancel$: Observable<Cancel>,
  {
    ready$ = always$,
    recordsFolder,
    runInBackground = defaultBackground.runInBackground(run.cwd),
    onStart,
  }: SpawnOptions = {},
): Observable<ProcessSignal> =>
  startTree(run).pipe(
    mergeMap(({ child, root, control }) => {
      child.stdin.end(run.stdin);
      onStart?.(() => isToolAlive(root));
      let isGone = false;
      return using(
        () => {
          const end$ = bindProcess(control, keepRecord(recordsFolder, root), {
            isGone: () => isGone,
          });
          return { unsubscribe: () => runInBackground(end$) };
        },
        () =>
          processSignals(
            {
              ...control,
              stdout$: readable(child.stdout, ready$),
              stderr$: readable(child.stderr),
              letEnd$: letTreeEnd(root),
            },
            cancel$,
            ready$,
          ).pipe(
            tap(({ type }) => {
              if (type === 'exited') isGone = true;
            }),
          ),
      );
    }),
  );
