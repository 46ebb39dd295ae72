import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  EMPTY,
  from,
  mergeMap,
  type Observable,
  tap,
} from 'rxjs';
import type { Terminal, TurnEvent } from '../canonical/turn-event.js';
import type { Asked } from '../codex/permissions.js';
import { createRecordBuffer } from '../codex/rollout/record-buffer.js';
import { createRecordedFailure } from '../codex/rollout/recorded-failure.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import { createTurnRecords } from '../codex/rollout/turn-records.js';
import type { Ports } from '../ports.js';
import { reasonOf } from '../text/explain.js';
import { checkGranted } from './check-granted.js';
import type { TurnNotes } from './log-turn.js';

/** The records of one turn in the rollout of its thread. */
export interface RolloutReading {
  /**
   * Emits the tool events of the whole lines that were written since the last look, as far as they
   * are due after `completed` messages and reasoning items, and completes; see
   * `createRecordBuffer`. Does not fail: where the end of the file cannot be found the next look
   * reads on; what cannot be read costs the rest, with one warning.
   */
  readonly grown$: (completed: number) => Observable<TurnEvent>;
  /**
   * Emits the remaining tool events, then the terminal event with its usage, and completes. Does
   * not fail: when the rollout cannot be read, warns once and emits the terminal event.
   */
  readonly end$: (terminal: Terminal) => Observable<TurnEvent>;
}

interface ReadingOptions {
  readonly threadId: string;
  /** The end of the rollout before the turn. */
  readonly mark: RolloutMark;
  readonly notes?: TurnNotes | undefined;
  /** What codex is asked for; nothing is compared without it. */
  readonly asked?: Asked | undefined;
}

/** Reads from the mark on. Subscribe to one Observable at a time: two would read the same lines. */
export const rolloutReading = (
  { threadId, mark: { offset, total, problem = '' }, notes, asked }: ReadingOptions,
  ports: Pick<Ports, 'rollout$' | 'rolloutEnd$' | 'savePicture' | 'log' | 'drift'>,
): RolloutReading => {
  /** The next byte to read; `undefined` once it is unknown. */
  let at = offset;
  let warned = false;
  const warn = (reason: string): void => {
    if (warned) return;
    warned = true;
    ports.log(
      'warning',
      `the rollout of this turn cannot be read, so tool calls may be missing: ${reason}`,
      { thread_id: threadId },
    );
  };
  const due = createRecordBuffer();
  const failed = createRecordedFailure();
  const granted = checkGranted(asked, ports.log);
  const records = createTurnRecords({
    threadId,
    total,
    onUnknown: ports.drift,
    savePicture: ports.savePicture,
    onMalformed: (lines) => warn(`${lines} of its lines are no records`),
    onRepeated: (calls) => {
      ports.log(
        'warning',
        `the model gave ${calls === 1 ? 'a call' : `${calls} calls`} the id of an earlier call of this turn; the host gets the first one, and its output`,
        { thread_id: threadId },
      );
    },
    onTurnId: (turnId) => {
      if (notes !== undefined) notes.turnId = turnId;
    },
  });
  const release = (completed: number): TurnEvent[] =>
    due.release(completed).flatMap(records.events);
  const read$ = (completed: number, start: number, to?: number): Observable<TurnEvent> =>
    ports.rollout$(threadId, start, to).pipe(
      tap({
        complete: () => {
          at = to;
        },
      }),
      catchError((error: unknown) => {
        at = undefined;
        warn(reasonOf(error));
        return EMPTY;
      }),
      tap(failed.observe),
      tap(granted.observe),
      mergeMap((record) => due.add(record, completed).flatMap(records.events)),
    );
  const logIfTotal = (event: TurnEvent, terminal: Terminal): void => {
    const isTotal =
      total === undefined &&
      event.type === 'message_end' &&
      event.stop_reason === 'end_turn' &&
      event.usage === terminal.usage;
    if (isTotal)
      ports.log(
        'info',
        'the usage of this turn is the total of its thread: the total before it is not known',
        { thread_id: threadId },
      );
  };
  return {
    grown$: (completed) =>
      defer(() => {
        const start = at;
        if (start === undefined) return EMPTY;
        const more$ = ports.rolloutEnd$(threadId, start).pipe(
          catchError(() => EMPTY),
          mergeMap((end) => (end > start ? read$(completed, start, end) : EMPTY)),
        );
        return concat(release(completed), more$);
      }),
    end$: (terminal) =>
      concat(
        defer(() => {
          const rest = release(Number.POSITIVE_INFINITY);
          if (at !== undefined) return concat(rest, read$(Number.POSITIVE_INFINITY, at));
          warn(problem);
          return rest;
        }),
        defer(() => {
          const refined = failed.refine(terminal, asyncScheduler.now());
          return from(records.end(granted.refine(refined)));
        }).pipe(tap((event) => logIfTotal(event, terminal))),
      ),
  };
};
