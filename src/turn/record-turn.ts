import { filter, map, type Observable } from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { Ports } from '../ports.js';
import { noticesOf, type RecordedTurn, recordNotices } from '../record/record-notices.js';

/**
 * Runs a turn and records it, if the ports have a record.
 *
 * Emits the events of `run(ports)`, completes and fails with it. Unsubscribe unsubscribes from it.
 * The ports that `run` gets notify the record.
 */
export const recordTurn = (
  turn: Omit<RecordedTurn, 'transport'>,
  ports: Ports,
  run: (ports: Ports) => Observable<TurnEvent>,
): Observable<TurnEvent> => {
  const { record, log, appServer, codex$ } = ports;
  if (record === undefined) return run(ports);
  const notice$ = noticesOf((onNotice) => {
    if (appServer === undefined) return run({ ...ports, onNotice });
    // codex exec runs only when the app-server cannot start.
    const execInstead$: Ports['codex$'] = (...args) => {
      onNotice({ transport: 'exec' });
      return codex$(...args);
    };
    return run({ ...ports, onNotice, codex$: execInstead$ });
  });
  return notice$.pipe(
    recordNotices({ ...turn, transport: appServer === undefined ? 'exec' : 'app-server' }, () =>
      record(turn.agentId, log),
    ),
    filter((what) => 'event' in what),
    map(({ event }) => event),
  );
};
