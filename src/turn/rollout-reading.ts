import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  EMPTY,
  from,
  type Observable,
  type OperatorFunction,
  tap,
  throwError,
} from 'rxjs';
import type { Terminal, TurnEvent } from '../canonical/turn-event.js';
import { logLimits } from '../codex/events/limit-watch.js';
import type { Asked } from '../codex/permissions.js';
import { createRecordBuffer } from '../codex/rollout/record-buffer.js';
import { createRecordedFailure } from '../codex/rollout/recorded-failure.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import { createTurnRecords } from '../codex/rollout/turn-records.js';
import type { Parsed } from '../lines/parse-json.js';
import type { Ports } from '../ports.js';
import { emitAll } from '../streams/emit-all.js';
import { reasonOf } from '../text/explain.js';
import { checkGranted } from './check-granted.js';
import type { ReadingListeners } from './reading-listeners.js';
import { readingWarnings } from './reading-warnings.js';
import { rolloutTail } from './rollout-tail.js';

/** The records of one turn in the rollout of its thread. */
export interface RolloutReading {
  /** Gives the id of the turn, where codex has told it; see `nextTokens`. */
  readonly begin: (turnId: unknown) => void;
  /**
   * Emits the tool events of the whole lines that were written since the last look, as far as they
   * are due after `completed` messages and reasoning items, and completes; see
   * `createRecordBuffer`. Does not fail; see `rolloutTail`.
   */
  readonly grown$: (completed: number) => Observable<TurnEvent>;
  /**
   * Emits the remaining tool events, then the terminal event with its usage, and completes. Does
   * not fail: when the rollout cannot be read, warns once and emits the terminal event. Of one that
   * was cut, replaced or unreadable codex's own usage counts, where codex has told it.
   */
  readonly end$: (terminal: Terminal) => Observable<TurnEvent>;
}

interface ReadingOptions extends ReadingListeners {
  readonly threadId: string;
  /** The end of the rollout before the turn. */
  readonly mark: RolloutMark;
  /** What codex is asked for; nothing is compared without it. */
  readonly asked?: Asked | undefined;
}

/** Reads from the mark on. Subscribe to one Observable at a time: two would read the same lines. */
export const rolloutReading = (
  { threadId, mark, asked, onCalls, onTurnId, onTrace }: ReadingOptions,
  ports: Pick<Ports, 'rollout$' | 'rolloutEnd$' | 'savePicture' | 'log' | 'drift' | 'watchLimits'>,
): RolloutReading => {
  const { offset, file, total, problem = '' } = mark;
  const tail = offset === undefined ? undefined : rolloutTail(threadId, { offset, file }, ports);
  let due = createRecordBuffer(mark.isSeeded);
  /** Whether the records are not, or not all, those that codex has written. */
  let isPartial = false;
  const warnings = readingWarnings(threadId, ports.log);
  const failed = createRecordedFailure(logLimits(ports));
  const granted = checkGranted(asked, ports.log);
  const records = createTurnRecords({
    threadId,
    total,
    onUnknown: ports.drift,
    savePicture: ports.savePicture,
    onMalformed: (lines) => warnings.unread(`${lines} of its lines are no records`),
    onRepeated: warnings.repeated,
    onTurnId,
  });
  let hasRecords = false;
  /** Of a rollout that is gone or was replaced nobody knows which calls have ended. */
  const running = (): number => (tail?.isFound() === true ? records.running() : 0);
  let notified = 0;
  const notifyCalls = (): void => {
    notified = running();
    onCalls?.(notified);
  };
  const eventsOf = (ready: readonly Parsed[]): TurnEvent[] => {
    const events = ready.flatMap(records.events);
    if (events.length > 0) notifyCalls();
    return events;
  };
  const read =
    (completed: number): OperatorFunction<Parsed, TurnEvent> =>
    (record$) =>
      record$.pipe(
        tap((record) => {
          hasRecords = true;
          failed.observe(record);
          granted.observe(record);
        }),
        emitAll((record) => eventsOf(due.add(record, completed))),
      );
  const restart = (): void => {
    isPartial = true;
    hasRecords = false;
    due = createRecordBuffer(mark.isSeeded);
    records.restart();
  };
  return {
    begin: records.begin,
    grown$: (completed) =>
      concat(
        defer(() => eventsOf(due.release(completed))),
        tail === undefined ? EMPTY : tail.more$.pipe(read(completed)),
        defer(() => {
          if (notified !== running()) notifyCalls();
          return EMPTY;
        }),
      ),
    end$: (terminal) =>
      concat(
        defer(() => eventsOf(due.release(ALL))),
        (tail?.rest$(restart) ?? throwError(() => new Error(problem))).pipe(
          read(ALL),
          catchError((error: unknown) => {
            isPartial = true;
            warnings.unread(reasonOf(error));
            return EMPTY;
          }),
        ),
        defer(() => {
          const refined = failed.refine(terminal, asyncScheduler.now());
          const events = records.end(granted.refine(refined), isPartial);
          onTrace?.(records.trace());
          if (isPartial && (events.length > 1 || !records.trace().hasEnded)) warnings.replaced();
          else if (file !== undefined && !hasRecords) warnings.elsewhere(terminal);
          if (total === undefined) warnings.totalOnly(terminal, events.at(-1));
          return from(events);
        }),
      ),
  };
};

/** Every record is due at the end. */
const ALL = Number.POSITIVE_INFINITY;
