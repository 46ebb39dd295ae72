import { catchError, defer, identity, map, mergeMap, type Observable, of, tap } from 'rxjs';
import { isStartError } from '../codex/app-server/start-failure.js';
import type { CodexSignal } from '../codex/events/signal.js';
import { signalGrowth } from '../codex/events/signal-growth.js';
import type { ExecPlan } from '../codex/exec/codex-run.js';
import { codexSignals } from '../codex/exec/codex-signals.js';
import type { Asked } from '../codex/permissions.js';
import type { CodexExited } from '../codex/run.js';
import type { Ports } from '../ports.js';
import type { Cancel, ProcessSignal, Stdout } from '../process/run.js';
import { reasonOf } from '../text/explain.js';

/** The process that runs a turn: `codex exec`, or the app-server. */
export interface Transport {
  /** The version of codex, once it is known. */
  readonly version: () => string | undefined;
  /**
   * What `codex exec` is asked for. `undefined` for the app-server, which says what it does before
   * the turn starts.
   */
  readonly asked: () => Asked | undefined;
  /**
   * Whether a tool of `codex exec` is running, as the system shows it now. False for the
   * app-server, which says the end of every command.
   */
  readonly isToolAlive: () => boolean;
  /**
   * The signals of codex in the turn, `exited` last. The first value of `cancel$` ends the turn.
   */
  readonly signals: (cancel$: Observable<Cancel>) => Observable<CodexSignal>;
}

/**
 * Chooses the transport of a turn: the app-server if there is one, else `codex exec`. When the
 * app-server cannot start and is not required, its signals are those of `codex exec`, with a
 * warning.
 *
 * Emits the transport once and completes. Fails when the run of codex cannot be prepared.
 */
export const transport = (plan: ExecPlan, ports: Ports): Observable<Transport> => {
  const { appServer, log, onNotice } = ports;
  if (appServer === undefined) return exec(plan, ports);
  return defer(() => {
    let instead: Transport | undefined;
    return of<Transport>({
      version: () => (instead ?? appServer).version(),
      asked: () => instead?.asked(),
      isToolAlive: () => instead?.isToolAlive() ?? false,
      signals: (cancel$) =>
        appServer.turn$(plan, cancel$, { log, onNotice }).pipe(
          catchError((error: unknown) => {
            if (appServer.required || !isStartError(error)) throw error;
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
  });
};

const exec = (
  plan: ExecPlan,
  { codexRun$, codex$, maxLineBytes, ready$, onNotice }: Ports,
): Observable<Transport> =>
  codexRun$(plan).pipe(
    map((run): Transport => {
      let isToolAlive = (): boolean => false;
      return {
        version: () => run.version,
        asked: () => run.asked,
        isToolAlive: () => isToolAlive(),
        signals: (cancel$) =>
          codex$(run, cancel$, (look) => {
            isToolAlive = look;
          }).pipe(
            // Before the lines are cut: a layer less for each.
            map(run.version === undefined ? identity : asCodex),
            codexSignals(maxLineBytes, onNotice),
            signalGrowth({ inPieces: false, ready$ }),
          ),
      };
    }),
  );

/** The exit of a program whose version is that of a codex. */
const asCodex = (signal: ProcessSignal): Stdout | CodexExited =>
  signal.type === 'exited' ? { ...signal, isCodex: true } : signal;
