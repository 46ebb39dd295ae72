import { catchError, concatMap, defer, EMPTY, type Observable, of, type OperatorFunction, tap, throwError } from 'rxjs';
import { reasonOf } from '../lines/explain.js';
import { isTerminal, type Terminal, type TurnEvent } from '../canonical/turn-event.js';
import { type CodexSignal, toCanonical } from '../codex/events/to-canonical.js';
import { turnRecords } from '../codex/rollout/turn-records.js';
import type { RolloutMark } from '../codex/rollout/read-rollout.js';
import type { Ports } from '../ports.js';
import type { TurnNotes } from './log-turn.js';

/**
 * Maps the signals of one codex process to canonical events, and adds what only the thread's rollout tells: the tool calls of the turn, and its usage.
 *
 * ```
 * codex    --T--S--a---C--x|         T thread.started  a item  x exited
 * rollout  ---------------(co|)      from the byte where the turn began, once the process is gone
 * emits    --------t------(cdero E|) t text  c,d,e a call  r its result  E the terminal event
 * ```
 *
 * Emits what `toCanonical` emits; before the terminal event that of `turnRecords`. A rollout that cannot be read costs those, with a warning. `before` is the thread that is
 * resumed and its mark; of another thread everything is the turn's. Unsubscribe closes the rollout.
 */
export const mirrorRollout =
  (
    before: { readonly threadId: string | undefined; readonly mark: RolloutMark; readonly notes?: TurnNotes },
    ports: Pick<Ports, 'rollout$' | 'log' | 'drift'>,
  ): OperatorFunction<CodexSignal, TurnEvent> =>
  (signal$) =>
    defer(() => {
      let threadId: string | undefined;
      const recorded$ = (thread: string, terminal: Terminal): Observable<TurnEvent> => {
        const { offset, total, problem = '' } = thread === before.threadId ? before.mark : NEW_THREAD;
        let warned = false;
        const warn = (reason: string): void => {
          if (warned) return;
          warned = true;
          ports.log('warning', `the rollout of this turn cannot be read, so tool calls may be missing: ${reason}`, { thread_id: thread });
        };
        return (offset === undefined ? throwError(() => new Error(problem)) : ports.rollout$(thread, offset)).pipe(
          catchError((error: unknown) => {
            warn(reasonOf(error));
            return EMPTY;
          }),
          turnRecords({
            threadId: thread,
            total,
            terminal,
            onUnknown: ports.drift,
            onMalformed: (lines) => warn(`${lines} of its lines are no records`),
            onTurnId: (turnId) => {
              if (before.notes !== undefined) before.notes.turnId = turnId;
            },
          }),
          tap((event) => {
            const isTotal = total === undefined && event.type === 'message_end' && event.stop_reason === 'end_turn' && event.usage === terminal.usage;
            if (isTotal)
              ports.log('info', 'the usage of this turn is the total of its thread: the total before it is not known', { thread_id: thread });
          }),
        );
      };
      return signal$.pipe(
        tap((signal) => {
          if (signal.type !== 'thread.started') return;
          threadId = signal.thread_id;
          if (before.notes !== undefined) before.notes.threadId = threadId;
        }),
        toCanonical({ threadId: before.threadId ?? '', total: before.mark.total }),
        concatMap((event) => (isTerminal(event) && threadId !== undefined ? recorded$(threadId, event) : of(event))),
      );
    });

/** Of a new thread everything is the turn's. */
export const NEW_THREAD: RolloutMark = {
  offset: 0,
  total: { input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, reasoning_output_tokens: 0 },
};
