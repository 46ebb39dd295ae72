import { asyncScheduler, defer, type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { isTerminal, type Terminal, type TurnEvent } from '../canonical/turn-event.js';

/** What is noticed of a turn beside its events. */
export interface TurnNotes {
  malformed: number;
  unrecognised: number;
  threadId?: string;
  /** codex's own id of the turn, from the rollout. */
  turnId?: string;
}

/**
 * Tells the host in one line how a turn went: outcome, thread, turn, milliseconds that it waited
 * and took, tokens, and how many lines of codex could not be used.
 *
 * Emits, completes, fails and is unsubscribed with the source; the line comes before the terminal
 * event, and none without one. Time counts from the subscription.
 */
export const logTurn =
  (notes: TurnNotes, log: Log): MonoTypeOperatorFunction<TurnEvent> =>
  (source$) =>
    defer(() => {
      const subscribed = asyncScheduler.now();
      let started = subscribed;
      let events = 0;
      return source$.pipe(
        tap((event) => {
          events += 1;
          if (event.type === 'message_start') started = asyncScheduler.now();
          if (!isTerminal(event)) return;
          const { turnId, threadId, ...counts } = notes;
          const times = {
            waited_ms: since(subscribed, started),
            duration_ms: since(started, asyncScheduler.now()),
          };
          log('info', 'a turn ended', {
            ...outcomeOf(event),
            ...(threadId === undefined ? {} : { thread_id: threadId }),
            ...(turnId === undefined ? {} : { turn_id: turnId }),
            ...times,
            ...event.usage,
            events,
            ...counts,
          });
        }),
      );
    });

/** A clock may jump back. */
const since = (from: number, to: number): number => Math.max(0, to - from);

const outcomeOf = (event: Terminal): Readonly<Record<string, string>> =>
  event.type === 'error'
    ? { outcome: 'failed', kind: event.kind }
    : {
        outcome: event.stop_reason === 'cancelled' ? 'cancelled' : 'completed',
        thread_id: event.thread_id,
      };
