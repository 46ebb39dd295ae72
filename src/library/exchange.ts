import {
  asapScheduler,
  defer,
  EMPTY,
  finalize,
  merge,
  mergeMap,
  type Observable,
  of,
  scheduled,
  tap,
  throwError,
} from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import { notification } from '../plexum/methods.js';
import type { Connection } from './local-connection.js';
import { ErrorFrame, EventFrame, ResultFrame } from './wire-frames.js';

/** The plugin refuses a request; over the wire, with this JSON-RPC error. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: number;
  readonly data: unknown;
  constructor({
    code,
    message,
    data,
  }: { readonly code: number; readonly message: string; readonly data?: unknown }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** An event of a request, or its result. */
export type Reply =
  | { readonly event: TurnEvent }
  | { readonly result: Readonly<Record<string, unknown>> };

/** A JSON-RPC request of the host. */
export interface LocalRequest {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/**
 * Sends a request to the plugin.
 *
 * ```
 * received$  ---e--e--r---|   e an event of the request  r its response
 * emits      ---e--e--r---|
 * ```
 *
 * Emits the events of the request as they arrive, then its result. Completes with the connection.
 * Fails with `RefusedError` when the response is an error. Unsubscribe before the response cancels
 * the request.
 */
export const exchange = (
  { send, received$ }: Connection,
  request: LocalRequest,
): Observable<Reply> =>
  defer(() => {
    let isOpen = true;
    const reply$ = received$.pipe(
      mergeMap((frame): Observable<Reply> => {
        if (EventFrame.is(frame) && frame.params.request_id === request.id)
          return of({ event: frame.params.event });
        if (!(ResultFrame.is(frame) || ErrorFrame.is(frame)) || frame.id !== request.id)
          return EMPTY;
        isOpen = false;
        return 'error' in frame
          ? throwError(() => new RefusedError(frame.error))
          : of({ result: frame.result });
      }),
    );
    // Deferred, so that `initialize` is sent first.
    const send$ = scheduled(EMPTY, asapScheduler).pipe(
      tap({ complete: () => send({ jsonrpc: '2.0', ...request }) }),
    );
    return merge(reply$, send$).pipe(
      finalize(() => {
        if (isOpen)
          send({
            jsonrpc: '2.0',
            method: notification.cancelled,
            params: { requestId: request.id },
          });
      }),
    );
  });
