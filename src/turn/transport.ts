import { catchError, map, mergeMap, type Observable, of, tap } from 'rxjs';
import { AppServerError } from '../codex/app-server/rpc.js';
import type { CodexSignal } from '../codex/events/signal.js';
import type { ExecPlan } from '../codex/exec/codex-run.js';
import { codexSignals } from '../codex/exec/codex-signals.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { SpawnError } from '../process/start.js';
import { reasonOf } from '../text/explain.js';

/** A way by which codex runs a turn. */
export interface Transport {
  /** Of codex, as soon as it is known. */
  readonly version: () => string | undefined;
  /** What codex says in the turn, `exited` last; the first `cancel$` ends it. */
  readonly signals: (cancel$: Observable<Cancel>) => Observable<CodexSignal>;
}

/**
 * The way of a turn: the app-server where there is one, or, when that cannot start, `codex exec`
 * with a warning.
 *
 * Emits it once, when it is known what to run, and completes; fails when codex cannot run.
 */
export const transport = (plan: ExecPlan, ports: Ports): Observable<Transport> => {
  const { appServer, log, onNotice } = ports;
  if (appServer === undefined) return exec(plan, ports);
  let instead: Transport | undefined;
  return of({
    version: () => (instead ?? appServer).version(),
    signals: (cancel$) =>
      appServer.turn$(plan, cancel$, { log, onNotice }).pipe(
        catchError((error: unknown) => {
          if (
            appServer.required ||
            !(error instanceof AppServerError || error instanceof SpawnError)
          )
            throw error;
          log(
            'warning',
            `codex app-server cannot start, so codex exec runs this turn: ${reasonOf(error)}`,
          );
          return exec(plan, ports).pipe(
            tap((found) => {
              instead = found;
            }),
            mergeMap(({ signals }) => signals(cancel$)),
          );
        }),
      ),
  });
};

const exec = (
  plan: ExecPlan,
  { codexRun$, codex$, maxLineBytes, onNotice }: Ports,
): Observable<Transport> =>
  codexRun$(plan).pipe(
    map(
      (run): Transport => ({
        version: () => run.version,
        signals: (cancel$) => codex$(run, cancel$).pipe(codexSignals(maxLineBytes, onNotice)),
      }),
    ),
  );
