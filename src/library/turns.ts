import { defer, EMPTY, identity, map, merge, mergeMap, type Observable, take } from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { CodexSignal } from '../codex/events/signal.js';
import { codexSignals } from '../codex/exec/codex-signals.js';
import type { Ports } from '../ports.js';
import type { Cancel, ProcessSignal } from '../process/run.js';
import { replayDuring } from '../streams/replay-during.js';
import { runTurn, type Turn } from '../turn/run-turn.js';
import { prepare } from './prepare.js';
import { type CodexOptions, cancelRequest, type TurnOptions, withSignals } from './turn-options.js';

/**
 * A turn of codex in a workspace, with the config of the profile.
 *
 * ```
 * turn$('hello')   M----t----t-----(cdeoE|)
 *
 * M message_start  t text_delta  c,d,e,o a tool call  E message_end
 * ```
 *
 * Emits the events that the daemon receives: `message_start` when the turn leaves the queue of its
 * workspace, text and thinking as codex prints them, tool calls, and exactly one terminal event
 * after the last process of the turn has exited; then completes. A turn that goes wrong ends with
 * an `error` event. A turn that cannot start fails: with `ConfigError` for a config that cannot be
 * used, with `RefusedError` for a bad text or option.
 *
 * Cold: each subscription runs a turn of its own. A value of `cancel$`, or an abort of `signal`,
 * ends the turn with the terminal event `message_end`, `stop_reason` "cancelled"; so does a signal
 * to this process with `endOnSignals`. Unsubscribe ends it without an event: it sends SIGINT, and
 * SIGKILL 5 s later, in the background.
 */
export const turn$ = (text: string, options: TurnOptions = {}): Observable<TurnEvent> =>
  withSignals(options, (given) =>
    defer(() => {
      const { turn, ports } = prepare(text, given);
      return runTurn(turn, cancelRequest(given, ports.graceMs), ports);
    }),
  );

/**
 * The process of `codex exec` for a text: the bytes of its stdout and its exit.
 *
 * ```
 * codex$('hello')   ----o--o----o---(x|)
 *
 * o {type: 'stdout', chunk}  x {type: 'exited', code, signal, stderr}
 * ```
 *
 * Waits for the workspace and resumes its thread, as a turn does, but stores no thread, and has no
 * deadlines, images or tools. Emits `exited` when every process of the run has exited, and
 * completes. Completes without a value when it is cancelled before codex starts. A codex that fails
 * reports it by its exit code; so does codex from 0.147 for 2 s after a turn on the app-server,
 * which has the thread. Fails with `BinaryError`, `WorkspaceError` or `SpawnError` when codex
 * cannot be started. Cold; cancel and unsubscribe are those of `turn$`.
 */
export const codex$ = (text: string, options: CodexOptions = {}): Observable<ProcessSignal> =>
  exec$(text, options, identity);

/**
 * The decoded events of `codex exec --json` for a text, then its exit: `codex$` through
 * `codexSignals`.
 *
 * ```
 * events$('hello')   --T--S---i---C--(x|)
 *
 * T thread.started  S turn.started  i item.completed  C turn.completed  x exited
 * ```
 *
 * A line that is no known event is a value, too: `malformed` or `unrecognised`. Completes, fails
 * and is unsubscribed as `codex$`.
 */
export const events$ = (text: string, options: CodexOptions = {}): Observable<CodexSignal> =>
  exec$(text, options, (signal$, { maxLineBytes }) => signal$.pipe(codexSignals(maxLineBytes)));

const exec$ = <T>(
  text: string,
  options: CodexOptions,
  decode: (signal$: Observable<ProcessSignal>, ports: Ports) => Observable<T>,
): Observable<T> =>
  withSignals(options, (given) =>
    defer(() => {
      const { turn, ports } = prepare(text, given);
      const process$ = replayDuring(cancelRequest(given, ports.graceMs), (cancel$) =>
        ports.inOrder(turn.workspace, cancel$, startCodex(turn, cancel$, ports)),
      );
      return decode(process$, ports);
    }),
  );

/** Starts codex, or completes if the cancel comes first. */
const startCodex = (
  { model, modelArgs, workspace, text }: Turn,
  cancel$: Observable<Cancel>,
  ports: Ports,
): Observable<ProcessSignal> => {
  const process$ = ports.readSession$(workspace).pipe(
    mergeMap(({ threadId }) =>
      ports.codexRun$({ threadId, model, modelArgs, images: [], workspace, prompt: text }),
    ),
    map((run) => ports.codex$(run, cancel$)),
  );
  return merge(cancel$.pipe(map(() => EMPTY)), process$).pipe(take(1), mergeMap(identity));
};
