import {
  catchError,
  defer,
  EMPTY,
  filter,
  finalize,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  share,
  takeUntil,
  tap,
} from 'rxjs';
import { callLocal, type LocalTool } from './local-tools.js';
import { CancelFrame, ToolCallFrame } from './wire-frames.js';

/** A plugin server: from the frames of the host to its own frames. See `localPlugin`. */
export type FramePlugin = (sent$: Observable<unknown>) => Observable<unknown>;

/** The host's end of the wire to a plugin server. */
export interface Connection {
  readonly send: (frame: unknown) => void;
  /** The frames of the plugin. */
  readonly received$: Observable<unknown>;
  /** The frames of the host. Completes with the plugin. */
  readonly sent$: Observable<unknown>;
}

/**
 * Connects a host to a plugin server, initializes it, and answers its tool calls.
 *
 * Emits the connection once, before the first frame. Completes and fails with the plugin. All
 * subscribers share one plugin, and late ones get the same connection; the last unsubscribe ends
 * the plugin.
 */
export const localConnection = (
  plugin: FramePlugin,
  tools: readonly LocalTool[],
): Observable<Connection> =>
  defer(() => {
    const sent$ = new Subject<unknown>();
    const send = (frame: unknown): void => sent$.next(frame);
    const received$ = plugin(sent$).pipe(
      finalize(() => sent$.complete()),
      share(),
    );
    const initialize$ = defer(() => {
      send({
        jsonrpc: '2.0',
        id: 'initialize',
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: CLIENT },
      });
      send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      return EMPTY;
    });
    return merge(
      of({ send, received$, sent$: sent$.asObservable() }),
      received$.pipe(answerToolCalls(tools), tap(send), ignoreElements()),
      initialize$,
    );
  }).pipe(share({ connector: () => new ReplaySubject<Connection>(1) }));

const CLIENT = { name: 'local', version: '0' };

/** Emits the response to each tool call of the plugin, unless the plugin cancels the call. */
const answerToolCalls =
  (tools: readonly LocalTool[]) =>
  (received$: Observable<unknown>): Observable<unknown> =>
    received$.pipe(
      filter(ToolCallFrame.is),
      mergeMap(({ id, params }) =>
        callLocal(tools)(params, () => undefined).pipe(
          map((result) => ({ jsonrpc: '2.0', id, result })),
          catchError((error: unknown) =>
            of({ jsonrpc: '2.0', id, error: { code: -32000, message: String(error) } }),
          ),
          takeUntil(
            received$.pipe(
              filter(CancelFrame.is),
              filter(({ params: { requestId } }) => requestId === id),
            ),
          ),
        ),
      ),
    );
