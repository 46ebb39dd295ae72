import { catchError, concat, defer, EMPTY, from, mergeMap, type Observable, tap } from 'rxjs';
import type { Terminal, TurnEvent } from '../canonical/turn-event.js';
import type { RolloutMark } from '../codex/rollout/read-rollout.js';
import { createTurnRecords } from '../codex/rollout/turn-records.js';
import { reasonOf } from '../lines/explain.js';
import type { Ports } from '../ports.js';
import type { TurnNotes } from './log-turn.js';

/** What one turn writes into the rollout of its thread. */
export interface RolloutReading {
  /** Emits the tool events of the whole lines that were written since the last look, and completes. Does not fail: one look less is no loss, the next one reads them. */
  readonly grown$: Observable<TurnEvent>;
  /** Emits the tool events of all that is left, then the terminal event, with the usage, and completes. Does not fail: a rollout that cannot be read costs its events, with one warning. */
  readonly end$: (terminal: Terminal) => Observable<TurnEvent>;
}

interface About {
  readonly threadId: string;
  /** Where the thread stood before the turn. */
  readonly mark: RolloutMark;
  readonly notes?: TurnNotes | undefined;
}

/** Reads on from where the turn began; looks that overlap would read twice. */
export const rolloutReading = (
  { threadId, mark: { offset, total, problem = '' }, notes }: About,
  ports: Pick<Ports, 'rollout$' | 'rolloutEnd$' | 'log' | 'drift'>,
): RolloutReading => {
  /** Nothing when it is not known where to go on. */
  let at = offset;
  let warned = false;
  const warn = (reason: string): void => {
    if (warned) return;
    warned = true;
    ports.log('warning', `the rollout of this turn cannot be read, so tool calls may be missing: ${reason}`, { thread_id: threadId });
  };
  const records = createTurnRecords({
    threadId,
    total,
    onUnknown: ports.drift,
    onMalformed: (lines) => warn(`${lines} of its lines are no records`),
    onTurnId: (turnId) => {
      if (notes !== undefined) notes.turnId = turnId;
    },
  });
  const read$ = (start: number, to?: number): Observable<TurnEvent> =>
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
      mergeMap(records.events),
    );
  const toldOfTotal = (event: TurnEvent, terminal: Terminal): void => {
    const isTotal = total === undefined && event.type === 'message_end' && event.stop_reason === 'end_turn' && event.usage === terminal.usage;
    if (isTotal) ports.log('info', 'the usage of this turn is the total of its thread: the total before it is not known', { thread_id: threadId });
  };
  return {
    grown$: defer(() => {
      const start = at;
      if (start === undefined) return EMPTY;
      return ports.rolloutEnd$(threadId, start).pipe(
        catchError(() => EMPTY),
        mergeMap((end) => (end > start ? read$(start, end) : EMPTY)),
      );
    }),
    end$: (terminal) =>
      concat(
        defer(() => {
          if (at !== undefined) return read$(at);
          warn(problem);
          return EMPTY;
        }),
        defer(() => from(records.end(terminal))).pipe(tap((event) => toldOfTotal(event, terminal))),
      ),
  };
};
