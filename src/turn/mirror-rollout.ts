import { defer, type OperatorFunction } from 'rxjs';
import { isTerminal, noUsage, type TurnEvent } from '../canonical/turn-event.js';
import type { CodexSignal } from '../codex/events/signal.js';
import { createCanonical } from '../codex/events/to-canonical.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Ports } from '../ports.js';
import { concatSteps } from '../streams/concat-steps.js';
import type { ReadingListeners } from './reading-listeners.js';
import { type RolloutReading, rolloutReading } from './rollout-reading.js';
import type { Transport } from './transport.js';
import type { ResumedThread } from './watch-sandbox.js';

/** The resumed thread, and who hears of the rollout of the turn. */
interface MirroredTurn extends ResumedThread, ReadingListeners {
  /** What codex is asked for, once the transport is known. */
  readonly asked?: Transport['asked'] | undefined;
}

/**
 * Maps the signals of one turn of codex to canonical events, and adds the tool calls of the turn
 * and its usage from the rollout of the thread.
 *
 * ```
 * codex    --T--S--a--g----------g---C--x|     T thread.started  a text  g the rollout grew
 * rollout  -----------(c|)       (o|)   (u|)   c a call  o its output  u usage
 * emits    --------t--(def)------r------(E|)   d,e,f the call  r its result  E the terminal event
 * ```
 *
 * Emits the events of `toCanonical`, and the calls and results of `createTurnRecords`: at each
 * `rollout.grew`, and the rest before the terminal event, once the process is gone. Reads from the
 * byte where the turn began. Later events wait while the rollout is read. A rollout that cannot be
 * read at the end of the turn is a warning, and its events are missing. Completes and fails with
 * the source. Unsubscribe unsubscribes from the source and closes the rollout. In another thread
 * than the resumed one every record belongs to the turn.
 */
export const mirrorRollout =
  (
    { threadId: resumed, mark, asked, ...listeners }: MirroredTurn,
    ports: Pick<
      Ports,
      'rollout$' | 'rolloutEnd$' | 'savePicture' | 'log' | 'drift' | 'watchLimits' | 'timeZone'
    >,
  ): OperatorFunction<CodexSignal, TurnEvent> =>
  (signal$) =>
    defer(() => {
      let reading: RolloutReading | undefined;
      const eventOf = createCanonical({
        threadId: resumed ?? '',
        total: mark.total,
        timeZone: ports.timeZone,
      });
      const begin = (threadId: string): void => {
        reading = rolloutReading(
          {
            threadId,
            mark: [undefined, threadId].includes(resumed) ? mark : NEW_THREAD,
            asked: asked?.(),
            ...listeners,
          },
          ports,
        );
      };
      return signal$.pipe(
        concatSteps((signal) => {
          if (signal.type === 'thread.started') begin(signal.thread_id);
          if (signal.type === 'turn.started') reading?.begin(signal.turn_id);
          if (signal.type === 'rollout.grew') return reading?.grown$(signal.completed);
          const event = eventOf(signal);
          const isEnd = event !== undefined && isTerminal(event);
          return isEnd && reading !== undefined ? reading.end$(event) : event;
        }),
      );
    });

/** The mark of a new thread: every record belongs to the turn. */
export const NEW_THREAD: RolloutMark = { offset: 0, total: noUsage };
