import { filter, map, type Observable } from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { Ports } from '../ports.js';
import { recorded, type RecordedTurn } from './recorded.js';
import { told } from './told.js';

/** A turn with its record, where one is kept: `run` gets the ports to tell it. Emits, completes, fails and is unsubscribed as the turn is; without a record it is the turn as it is. */
export const recordedTurn = (turn: RecordedTurn, ports: Ports, run: (ports: Ports) => Observable<TurnEvent>): Observable<TurnEvent> => {
  const { record, log } = ports;
  if (record === undefined) return run(ports);
  return told((tell) => run({ ...ports, tell })).pipe(
    recorded(turn, () => record(turn.agentId, log)),
    filter((what) => 'event' in what),
    map(({ event }) => event),
  );
};
