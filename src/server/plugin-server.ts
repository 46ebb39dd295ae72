import { isLeft } from 'fp-ts/lib/Either.js';
import {
  catchError,
  defer,
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  reduce,
  take,
  takeUntil,
  tap,
  throwIfEmpty,
} from 'rxjs';
import type { Log } from '../canonical/notice.js';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { Host } from '../plexum/host-connection.js';
import type { HostRequest } from '../plexum/host-requests.js';
import type { Manifest } from '../plexum/manifest.js';
import { method, notification } from '../plexum/methods.js';
import { internalError, RpcError, unknownMethod } from '../plexum/rpc-error.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { mutateSession } from '../session/mutate-session.js';
import { branch } from '../streams/branch.js';
import { recordedTurn } from '../turn/recorded-turn.js';
import { runTurn } from '../turn/run-turn.js';
import { QueueFullError } from '../turn/workspace-queue.js';
import { mutateRequest } from './mutate-request.js';
import { streamRequest } from './stream-request.js';

/** Milliseconds between SIGINT and SIGKILL at shutdown: the plugin exits within 2 s. */
const SHUTDOWN_GRACE_MS = 1_000;

export interface ServerOptions {
  readonly manifest: Manifest;
  readonly modelArgs: Readonly<Record<string, string>>;
  /** The problem of the config, when no turn can run because of it. */
  readonly problem?: string | undefined;
  /** Emits when the plugin has to exit, on a signal. */
  readonly terminate$: Observable<unknown>;
}

/**
 * Serves the requests of the host: each request is a workflow of its own.
 *
 * Emits nothing. When the host closes a pipe or `terminate$` emits, takes no more requests, cancels
 * the open turns, and completes once each of them has sent its terminal event and its response. A
 * workflow that fails refuses its request and never ends the server; fails only when
 * `host.requests$` does. Unsubscribe ends the turns without an event.
 */
export const pluginServer = (
  host: Host,
  ports: Ports,
  options: ServerOptions,
): Observable<never> => {
  const serve = (shutdown$: Observable<Cancel>): Observable<never> => {
    const request$ = host.requests$.pipe(takeUntil(shutdown$));
    return request$.pipe(
      mergeMap((request) =>
        refuseOnFailure(request, () => handle(request, host, ports, options, shutdown$)),
      ),
    );
  };
  return merge(host.closed$, options.terminate$).pipe(
    take(1),
    map((): Cancel => ({ reason: 'shutdown', graceMs: SHUTDOWN_GRACE_MS })),
    branch(serve),
  );
};

const refusalOf = (error: unknown): RpcError => {
  if (error instanceof RpcError) return error;
  return error instanceof QueueFullError
    ? new RpcError(-32000, error.message, 'overloaded')
    : internalError(String(error));
};

/** Refuses the request when its workflow throws or fails, and completes. */
const refuseOnFailure = (
  request: HostRequest,
  workflow: () => Observable<never>,
): Observable<never> =>
  defer(workflow).pipe(
    catchError((error: unknown) => {
      request.refuse(refusalOf(error));
      return EMPTY;
    }),
  );

const handle = (
  request: HostRequest,
  host: Host,
  ports: Ports,
  options: ServerOptions,
  shutdown$: Observable<Cancel>,
): Observable<never> => {
  switch (request.method) {
    case method.manifestRead:
      request.answer({ ...options.manifest });
      return EMPTY;
    case method.providerStream:
      return streamTurn(request, host, ports, options, shutdown$);
    case method.sessionMutate:
      return mutate(request, ports, options, shutdown$);
    default:
      throw unknownMethod(request.method);
  }
};

/** Runs one turn: notifies the host of its events, then responds with their number. */
const streamTurn = (
  request: HostRequest,
  host: Host,
  ports: Ports,
  options: ServerOptions,
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
  return recordedTurn(turn, { ...ports, log }, (recordingPorts) =>
    runTurn(turn, cancel$, recordingPorts),
  ).pipe(
    map((event, seq) => {
      host.notify(notification.providerEvent, { request_id: request.id, seq, event });
      return event;
    }),
    reduce((sent: Sent, last) => ({ events: sent.events + 1, last }), { events: 0 }),
    tap(({ events, last }) => request.answer({ outcome: outcomeOf(last), events })),
    ignoreElements(),
  );
};

/** Runs one mutation of a thread, and responds with its report; a cancelled one is refused. */
const mutate = (
  request: HostRequest,
  ports: Ports,
  options: ServerOptions,
  shutdown$: Observable<Cancel>,
): Observable<never> => {
  if (options.problem !== undefined) throw internalError(options.problem, 'config');
  const checked = mutateRequest(request.params);
  if (isLeft(checked)) throw checked.left;
  const { agentId, workspace } = checked.right;
  const log: Log = (level, msg, fields) => {
    ports.log(level, msg, { agent_id: agentId, workspace, ...fields });
  };
  return mutateSession(checked.right, merge(request.cancelled$, shutdown$), { ...ports, log }).pipe(
    throwIfEmpty(() => internalError('codex: the mutation was cancelled, nothing was changed')),
    tap((mutated) => {
      request.answer({ ...mutated });
    }),
    ignoreElements(),
  );
};

interface Sent {
  readonly events: number;
  readonly last?: TurnEvent;
}

const outcomeOf = (last: TurnEvent | undefined): 'completed' | 'failed' | 'cancelled' => {
  if (last?.type !== 'message_end') return 'failed';
  return last.stop_reason === 'cancelled' ? 'cancelled' : 'completed';
};
