import { filter, map, type Observable } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { noUsage, type Terminal } from '../canonical/turn-event.js';
import type { Cancel } from '../process/run.js';

/**
 * The end of a turn whose processes may still run, when this process has to exit: a terminal event
 * that comes before the tree is gone is worth more to a host than none.
 *
 * ```
 * cancel$  --a--b----c--       a from the host, b at the shutdown, c the one that `isOver`
 * emits    ----------E--       E message_end, stop_reason "cancelled"
 * ```
 *
 * Emits the terminal event at each cancel that `isOver`, with a warning. Completes and fails with
 * `cancel$`. Unsubscribe unsubscribes from it. `threadId` is read when the turn ends.
 */
export const outOfTime = (
  cancel$: Observable<Cancel>,
  threadId: () => string | undefined,
  log: Log,
): Observable<Terminal> =>
  cancel$.pipe(
    filter(({ isOver }) => isOver === true),
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
