import { defer, type MonoTypeOperatorFunction } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { isTerminal, type Terminal, type TurnEvent } from '../canonical/turn-event.js';
import { emitEach } from '../streams/emit-each.js';
import type { TurnNotes } from './turn-notes.js';

/**
 * Logs one line per turn: outcome, thread, turn, milliseconds of waiting and of running, tokens,
 * and the number of unusable lines of codex.
 *
 * Emits each event of the source, and logs the line before the terminal one; without a terminal
 * event, logs none. Completes and fails with the source. Unsubscribe unsubscribes from the source.
 * The waiting begins with the subscription.
 */
export const logTurn =
  ({ soFar }: Pick<TurnNotes, 'soFar'>, log: Log): MonoTypeOperatorFunction<TurnEvent> =>
  (source$) =>
    defer(() => {
      const subscribed = performance.now();
      let started = subscribed;
      let events = 0;
      const logEnd = (event: Terminal): void => {
        const { turnId, threadId, malformed, unrecognised } = soFar();
        const times = {
          waited_ms: Math.round(started - subscribed),
          duration_ms: Math.round(performance.now() - started),
        };
        log('info', 'a turn ended', {
          ...outcomeOf(event),
          ...(threadId === undefined ? {} : { thread_id: threadId }),
          ...(turnId === undefined ? {} : { turn_id: turnId }),
          ...times,
          ...event.usage,
          events,
          malformed,
          unrecognised,
        });
      };
      return source$.pipe(
        emitEach<TurnEvent, TurnEvent>((event, subscriber) => {
          events += 1;
          if (event.type === 'message_start') started = performance.now();
          if (isTerminal(event)) logEnd(event);
          subscriber.next(event);
        }),
      );
    });

const outcomeOf = (event: Terminal): Readonly<Record<string, string>> =>
  event.type === 'error'
    ? { outcome: 'failed', kind: event.kind }
    : {
        outcome: event.stop_reason === 'cancelled' ? 'cancelled' : 'completed',
        thread_id: event.thread_id,
      };
