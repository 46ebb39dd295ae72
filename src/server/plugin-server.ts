import { isLeft } from 'fp-ts/lib/Either.js';
import {
  catchError,
  connect,
  defer,
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  ReplaySubject,
  reduce,
  take,
  takeUntil,
  tap,
  throwIfEmpty,
} from 'rxjs';
import type { Log } from '../canonical/notice.js';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { Host, HostRequest } from '../plexum/host-connection.js';
import type { Manifest } from '../plexum/manifest.js';
import { method, notification } from '../plexum/methods.js';
import { internalError, RpcError, unknownMethod } from '../plexum/rpc-error.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { mutateSession } from '../session/mutate-session.js';
import { recordedTurn } from '../turn/recorded-turn.js';
import { runTurn } from '../turn/run-turn.js';
import { QueueFullError } from '../turn/workspace-queue.js';
import { mutateRequest } from './mutate-request.js';
import { streamRequest } from './stream-request.js';

/** Milliseconds that codex has after SIGINT when the plugin has to be gone within 2 s. */
const SHUTDOWN_GRACE_MS = 1_000;

export interface ServerOptions {
  readonly manifest: Manifest;
  readonly modelArgs: Readonly<Record<string, string>>;
  /** Why no turn can run: the config. */
  readonly problem?: string | undefined;
  /** Emits when the plugin has to end: a signal. */
  readonly terminate$: Observable<unknown>;
}

/**
 * The plugin: the host's requests, each its own workflow, merged.
 *
 * Emits nothing. Completes after the host closed a pipe or `terminate$` emitted, once every open
 * turn has been cancelled, has sent its terminal event and was answered. A failing workflow is the
 * refusal of its request, never the end of the server. Unsubscribe ends every turn without a word.
 */
export const pluginServer = (
  host: Host,
  ports: Ports,
  options: ServerOptions,
): Observable<never> => {
  const served = (shutdown$: Observable<Cancel>): Observable<never> => {
    const taken$ = host.requests$.pipe(takeUntil(shutdown$));
    return taken$.pipe(
      mergeMap((request) =>
        answered(request, () => handle(request, host, ports, options, shutdown$)),
      ),
    );
  };
  return merge(host.closed$, options.terminate$).pipe(
    take(1),
    map((): Cancel => ({ reason: 'shutdown', graceMs: SHUTDOWN_GRACE_MS })),
    // Replayed, since a turn asks for its cancel more than once.
    connect(served, { connector: () => new ReplaySubject<Cancel>(1) }),
  );
};

const refusalOf = (error: unknown): RpcError => {
  if (error instanceof RpcError) return error;
  return error instanceof QueueFullError
    ? new RpcError(-32000, error.message, 'overloaded')
    : internalError(String(error));
};

/** A workflow that fails is the refusal of its request. */
const answered = (request: HostRequest, workflow: () => Observable<never>): Observable<never> =>
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

/** One turn: its events as notifications, then the response that counts them. */
const streamTurn = (
  request: HostRequest,
  host: Host,
  ports: Ports,
  options: ServerOptions,
  shutdown$: Observable<Cancel>,
): Observable<never> => {
  if (options.problem !== undefined) throw internalError(options.problem, 'config');
  const asked = streamRequest(request.params, options.modelArgs);
  if (isLeft(asked)) throw asked.left;
  const turn = asked.right;
  const cancel$ = merge(
    request.cancelled$.pipe(map((): Cancel => ({ reason: 'host', graceMs: ports.graceMs }))),
    shutdown$,
  );
  const about = { agent_id: turn.agentId, workspace: turn.workspace };
  const log: Log = (level, msg, fields) => ports.log(level, msg, { ...about, ...fields });
  return recordedTurn(turn, { ...ports, log }, (own) => runTurn(turn, cancel$, own)).pipe(
    map((event, seq) => {
      host.notify(notification.providerEvent, { request_id: request.id, seq, event });
      return event;
    }),
    reduce((sent: Sent, last) => ({ events: sent.events + 1, last }), { events: 0 }),
    tap(({ events, last }) => request.answer({ outcome: outcomeOf(last), events })),
    ignoreElements(),
  );
};

/** One mutation of a thread: its report is the response. A cancelled one has none, as MCP asks. */
const mutate = (
  request: HostRequest,
  ports: Ports,
  options: ServerOptions,
  shutdown$: Observable<Cancel>,
): Observable<never> => {
  if (options.problem !== undefined) throw internalError(options.problem, 'config');
  const asked = mutateRequest(request.params);
  if (isLeft(asked)) throw asked.left;
  const { agentId, workspace } = asked.right;
  const log: Log = (level, msg, fields) => {
    ports.log(level, msg, { agent_id: agentId, workspace, ...fields });
  };
  return mutateSession(asked.right, merge(request.cancelled$, shutdown$), { ...ports, log }).pipe(
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
