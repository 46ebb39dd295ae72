import {
  catchError,
  defer,
  EMPTY,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  take,
  takeUntil,
  timer,
} from 'rxjs';
import { RolloutError } from '../codex/rollout/find-rollout.js';
import type { Host } from '../plexum/host-connection.js';
import type { HostRequest } from '../plexum/host-requests.js';
import type { Manifest } from '../plexum/manifest.js';
import { method } from '../plexum/methods.js';
import {
  internalError,
  invalidParams,
  RpcError,
  tryLater,
  unknownMethod,
} from '../plexum/rpc-error.js';
import type { Ports } from '../ports.js';
import { BusyError, LockError } from '../process/lock-holder.js';
import type { Cancel } from '../process/run.js';
import { branch } from '../streams/branch.js';
import { PictureError } from '../turn/failures.js';
import { QueueFullError } from '../turn/workspace-queue.js';
import { mutateThread } from './mutate-thread.js';
import { streamTurn, type TurnConfig } from './stream-turn.js';

/**
 * Time between SIGINT and SIGKILL at shutdown. codex ends within 100 ms; on a busy machine the end
 * of its tree and the terminal event need the rest of the 2 s.
 */
const SHUTDOWN: Cancel = { reason: 'shutdown', graceMs: 700 };

/** Milliseconds from the shutdown until a turn ends without the end of its tree. */
const SHUTDOWN_TURN_MS = 1_650;

export interface ServerOptions extends TurnConfig {
  readonly manifest: Manifest;
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
    mergeMap(() =>
      // The time begins before the turns are cancelled, and is over for all of them at once: a
      // machine without a free core may cancel the last one when the time of the first is over.
      merge(
        timer(SHUTDOWN_TURN_MS).pipe(map((): Cancel => ({ ...SHUTDOWN, isOver: true }))),
        of<Cancel>(SHUTDOWN),
      ),
    ),
    branch(serve),
  );
};

const refusalOf = (error: unknown): RpcError => {
  if (error instanceof RpcError) return error;
  if (error instanceof QueueFullError) return tryLater(error.message, 'overloaded');
  if (error instanceof PictureError) return invalidParams(`codex: ${error.message}`);
  if (error instanceof BusyError) return tryLater(error.message, 'thread_busy');
  if (error instanceof LockError) return internalError(`codex: ${error.message}`, 'config');
  return error instanceof RolloutError
    ? internalError(`codex: ${error.message}`, 'thread_lost')
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
      return mutateThread(request, ports, options, shutdown$);
    default:
      throw unknownMethod(request.method);
  }
};
