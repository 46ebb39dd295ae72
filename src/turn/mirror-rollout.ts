import { defer, type OperatorFunction } from 'rxjs';
import { isTerminal, type TurnEvent } from '../canonical/turn-event.js';
import type { CodexSignal } from '../codex/events/signal.js';
import { createCanonical } from '../codex/events/to-canonical.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Ports } from '../ports.js';
import { concatSteps } from '../streams/concat-steps.js';
import type { TurnNotes } from './log-turn.js';
import { type RolloutReading, rolloutReading } from './rollout-reading.js';
import type { Transport } from './transport.js';

/**
 * Maps the signals of one turn of codex to canonical events, and adds the tool calls of the turn
 * and its usage from the rollout of the thread.
 *
 * ```
 * codex    --T--S--a---C--x|         T thread.started  a item  x exited
 * rollout  ---------------(co|)      from the byte where the turn began, once the process is gone
 * emits    --------t------(cdero E|) t text  c,d,e a call  r its result  E the terminal event
 *
 * codex    --T--S--g----p--g---C--x|     g the rollout grew  p a piece of text
 * rollout  --------(c|)    (o|)   |
 * emits    --------(cde)t--r------(E|)
 * ```
 *
 * Emits the events of `toCanonical`, and the calls and results of `createTurnRecords`: at each
 * `rollout.grew` if the transport emits it, and the rest before the terminal event. Later events
 * wait while the rollout is read. A rollout that cannot be read is a warning, and its events are
 * missing. Completes and fails with the source. Unsubscribe unsubscribes from the source and closes
 * the rollout. `before` is the resumed thread and its mark; in another thread every record belongs
 * to the turn.
 */
export const mirrorRollout =
  (
    before: {
      readonly threadId: string | undefined;
      readonly mark: RolloutMark;
      readonly notes?: TurnNotes;
      /** What codex is asked for, once the transport is known. */
      readonly asked?: Transport['asked'] | undefined;
    },
    ports: Pick<Ports, 'rollout$' | 'rolloutEnd$' | 'savePicture' | 'log' | 'drift' | 'timeZone'>,
  ): OperatorFunction<CodexSignal, TurnEvent> =>
  (signal$) =>
    defer(() => {
      let reading: RolloutReading | undefined;
      const eventOf = createCanonical({
        threadId: before.threadId ?? '',
        total: before.mark.total,
        timeZone: ports.timeZone,
      });
      const begin = (threadId: string): void => {
        if (before.notes !== undefined) before.notes.threadId = threadId;
        reading = rolloutReading(
          {
            threadId,
            mark: threadId === before.threadId ? before.mark : NEW_THREAD,
            notes: before.notes,
            asked: before.asked?.(),
          },
          ports,
        );
      };
      return signal$.pipe(
        concatSteps((signal) => {
          if (signal.type === 'thread.started') begin(signal.thread_id);
          if (signal.type === 'rollout.grew') return reading?.grown$(signal.completed);
          const event = eventOf(signal);
          const isEnd = event !== undefined && isTerminal(event);
          return isEnd && reading !== undefined ? reading.end$(event) : event;
        }),
      );
    });

/** The mark of a new thread: every record belongs to the turn. */
export const NEW_THREAD: RolloutMark = {
  offset: 0,
  total: { input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, reasoning_output_tokens: 0 },
};
