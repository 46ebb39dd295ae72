import { EMPTY, map, mergeMap, type Observable, timer } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { noUsage, type Terminal } from '../canonical/turn-event.js';
import type { Cancel } from '../process/run.js';

/**
 * The end of a turn whose processes may still run, when this process has to exit: a terminal event
 * that comes before the tree is gone is worth more to a host than none.
 *
 * ```
 * cancel$  --a-----b----       a from the host, b with `turnMs` 3
 * emits    -----------E-       E message_end, stop_reason "cancelled"
 * ```
 *
 * Emits the terminal event `turnMs` after each cancel that has it, with a warning. Completes with
 * `cancel$` after the last of them, and fails with it. Unsubscribe stops the timers. `threadId` is
 * read when the turn ends.
 */
export const outOfTime = (
  cancel$: Observable<Cancel>,
  threadId: () => string | undefined,
  log: Log,
): Observable<Terminal> =>
  cancel$.pipe(
    mergeMap(({ turnMs }) => (turnMs === undefined ? EMPTY : timer(turnMs))),
    map(() => {
      log('warning', UNFINISHED);
      return {
        type: 'message_end',
        stop_reason: 'cancelled',
        usage: noUsage,
        thread_id: threadId() ?? '',
      };
    }),
  );

const UNFINISHED =
  'the plugin has to exit, so the turn ends before its processes; they are killed now';
