import { isLeft } from 'fp-ts/lib/Either.js';
import { ignoreElements, map, merge, type Observable, reduce, tap } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { ModelArgs } from '../codex/exec/model-flag.js';
import type { Host } from '../plexum/host-connection.js';
import type { HostRequest } from '../plexum/host-requests.js';
import { notification } from '../plexum/methods.js';
import { eventParams } from '../plexum/params.js';
import { internalError } from '../plexum/rpc-error.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { recordTurn } from '../turn/record-turn.js';
import { runTurn } from '../turn/run-turn.js';
import { streamRequest } from './stream-request.js';

export interface TurnConfig {
  readonly modelArgs: ModelArgs;
  /** The problem of the config, when no turn can run because of it. */
  readonly problem?: string | undefined;
}

/**
 * Runs one turn for a request of the host.
 *
 * Emits nothing: notifies the host of each event, and responds with their number when the turn has
 * ended; then completes. Throws and fails with what the host is refused with. A cancel of the
 * request, or `shutdown$`, cancels the turn. Unsubscribe ends the turn without an event.
 */
export const streamTurn = (
  request: HostRequest,
  host: Host,
  ports: Ports,
  options: TurnConfig,
  shutdown$: Observable<Cancel>,
): Observable<never> => {
  if (options.problem !== undefined) throw internalError(options.problem, 'config');
  const checked = streamRequest(request.params, options.modelArgs);
  if (isLeft(checked)) throw checked.left;
  const turn = checked.right;
  const cancel$ = merge(
    request.cancelled$.pipe(map((): Cancel => ({ reason: 'host', graceMs: ports.graceMs }))),
    shutdown$,
  );
  const origin = { agent_id: turn.agentId, workspace: turn.workspace };
  const log: Log = (level, msg, fields) => ports.log(level, msg, { ...origin, ...fields });
  const own = { ...ports, ...sessionsOf(turn.agentId, ports), log };
  return recordTurn(turn, own, (recordingPorts) => runTurn(turn, cancel$, recordingPorts)).pipe(
    map((event, seq) => {
      host.notify(notification.providerEvent, eventParams(request.id, seq, event));
      return event;
    }),
    reduce((sent: Sent, last) => ({ events: sent.events + 1, last }), { events: 0 }),
    tap(({ events, last }) => request.answer({ outcome: outcomeOf(last), events })),
    ignoreElements(),
  );
};

/** The session files for the turns of an agent. */
const sessionsOf = (
  agent: string,
  { readSession$, writeSession$ }: Ports,
): Pick<Ports, 'readSession$' | 'writeSession$'> => ({
  readSession$: (workspace) => readSession$(workspace, agent),
  writeSession$: (workspace, thread, begun) => writeSession$(workspace, thread, begun, agent),
});

interface Sent {
  readonly events: number;
  readonly last?: TurnEvent;
}

const outcomeOf = (last: TurnEvent | undefined): 'completed' | 'failed' | 'cancelled' => {
  if (last?.type !== 'message_end') return 'failed';
  return last.stop_reason === 'cancelled' ? 'cancelled' : 'completed';
};
