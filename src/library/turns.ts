import { defer, EMPTY, identity, map, merge, mergeMap, type Observable, take } from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { CodexSignal } from '../codex/events/signal.js';
import { codexSignals } from '../codex/exec/codex-signals.js';
import type { Ports } from '../ports.js';
import type { Cancel, ProcessSignal } from '../process/run.js';
import { runTurn, type Turn } from '../turn/run-turn.js';
import { cancellable, prepare } from './prepare.js';
import type { CodexOptions, TurnOptions } from './turn-options.js';

/**
 * A turn of codex, by the config of the profile, in the current folder.
 *
 * ```
 * turn$('hello')   M----t----t-----(cdeoE|)   M message_start  t text_delta  c,d,e,o a tool call  E message_end
 * ```
 *
 * Emits what the daemon would get: `message_start` when the workspace is free, text and thinking as
 * codex prints them, tool calls, and exactly one terminal event after the last process of the turn
 * is gone; then completes. A turn that goes wrong ends with an `error` event; one that cannot start
 * (no text, a config that cannot be read) fails. Cold: each subscription is a turn of its own.
 * `cancel$` ends it in order, with its terminal event; unsubscribe ends it without a word: SIGINT,
 * and SIGKILL 5 s later to what is left.
 */
export const turn$ = (text: string, options: TurnOptions = {}): Observable<TurnEvent> =>
  defer(() => {
    const { turn, ports } = prepare(text, options);
    return cancellable(options.cancel$, ports.graceMs, (cancel$) => runTurn(turn, cancel$, ports));
  });

/**
 * The process of `codex exec` for a text, as it is: the bytes of its stdout and its exit.
 *
 * ```
 * codex$('hello')   ----o--o----o---(x|)   o {type: 'stdout', chunk}  x {type: 'exited', code, signal, stderr}
 * ```
 *
 * Waits for the workspace like a turn, and goes on with its thread, but stores none, and has no
 * deadlines, images and tools. `exited` comes when no process of the run is alive any more. A codex
 * that fails says so by its exit; one that cannot be started is a `BinaryError`, `WorkspaceError`
 * or `SpawnError`. Cold; `cancel$` and unsubscribe as in `turn$`: cancelled before its start it
 * only completes.
 */
export const codex$ = (text: string, options: CodexOptions = {}): Observable<ProcessSignal> =>
  exec$(text, options, identity);

/**
 * The events of `codex exec --json` for a text, decoded, then its exit: `codex$` through
 * `codexSignals`.
 *
 * ```
 * events$('hello')   --T--S---i---C--(x|)   T thread.started  S turn.started  i item.completed  C turn.completed  x exited
 * ```
 *
 * What is no event is a value too: `malformed`, `unrecognised`. Completes, fails and is
 * unsubscribed as `codex$`.
 */
export const events$ = (text: string, options: CodexOptions = {}): Observable<CodexSignal> =>
  exec$(text, options, (signal$, { maxLineBytes }) => signal$.pipe(codexSignals(maxLineBytes)));

const exec$ = <T>(
  text: string,
  options: CodexOptions,
  read: (signal$: Observable<ProcessSignal>, ports: Ports) => Observable<T>,
): Observable<T> =>
  defer(() => {
    const { turn, ports } = prepare(text, options);
    const run$ = (cancel$: Observable<Cancel>): Observable<ProcessSignal> =>
      ports.inOrder(turn.workspace, cancel$, started(turn, cancel$, ports));
    return read(cancellable(options.cancel$, ports.graceMs, run$), ports);
  });

const started = (
  turn: Turn,
  cancel$: Observable<Cancel>,
  ports: Ports,
): Observable<ProcessSignal> => {
  const { model, workspace, text } = turn;
  const process$ = ports.readSession$(workspace).pipe(
    mergeMap(({ threadId }) =>
      ports.codexRun$({ threadId, model, images: [], workspace, prompt: text }),
    ),
    map((run) => ports.codex$(run, cancel$)),
  );
  return merge(cancel$.pipe(map((): Observable<never> => EMPTY)), process$).pipe(
    take(1),
    mergeMap(identity),
  );
};
