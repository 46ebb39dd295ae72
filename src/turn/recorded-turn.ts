import { filter, map, type Observable } from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { Ports } from '../ports.js';
import { noticesOf, type RecordedTurn, recordNotices } from '../record/record-notices.js';
/**
 * A turn with its record, where one is kept: `run` gets the ports to tell it. Emits, completes,
 * fails and is unsubscribed as the turn is; without a record it is the turn as it is.
 */
export const recordedTurn = (
  turn: Omit<RecordedTurn, 'transport'>,
  ports: Ports,
  run: (ports: Ports) => Observable<TurnEvent>,
): Observable<TurnEvent> => {
  const { record, log, appServer, codex$ } = ports;
  if (record === undefined) return run(ports);
  const notice$ = noticesOf((onNotice) => {
    if (appServer === undefined) return run({ ...ports, onNotice });
    // An app-server that cannot start is replaced.
    const instead$: Ports['codex$'] = (...args) => {
      onNotice({ transport: 'exec' });
      return codex$(...args);
    };
    return run({ ...ports, onNotice, codex$: instead$ });
  });
  return notice$.pipe(
    recordNotices({ ...turn, transport: appServer === undefined ? 'exec' : 'app-server' }, () =>
      record(turn.agentId, log),
    ),
    filter((what) => 'event' in what),
    map(({ event }) => event),
  );
};
