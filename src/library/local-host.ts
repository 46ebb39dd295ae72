import {
  asapScheduler,
  defer,
  EMPTY,
  filter,
  finalize,
  firstValueFrom,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  scheduled,
  switchMap,
  takeWhile,
  tap,
  throwError,
  throwIfEmpty,
} from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import { method, notification } from '../plexum/methods.js';
import { type Connection, localConnection } from './local-connection.js';
import { type LocalTool, specsOf } from './local-tools.js';
import { Answer, EventFrame, LogFrame, type LogMessage, Refusal } from './wire-frames.js';

export interface LocalHostOptions {
  /** The environment of the plugin; `process.env` when it is not given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The tools of the host. */
  readonly tools?: readonly LocalTool[] | undefined;
  /** Its first value makes the plugin end, as a signal would. */
  readonly terminate$?: Observable<unknown> | undefined;
  /** The plugin's executable, which codex starts where the config's `bridge` is "stdio". */
  readonly executable?: string | undefined;
  /** The version that the plugin tells. */
  readonly version?: string | undefined;
}

/** A frame of the wire, and who sent it. */
export interface Frame {
  readonly from: 'host' | 'plugin';
  readonly frame: unknown;
}

/**
 * The daemon's place at the wire, for trying it: the plugin server runs in this process while
 * anything of it is subscribed.
 */
export interface LocalHost {
  /**
   * `plexum/provider/stream`, of params or of a text in the current folder. Emits the events and
   * completes with the response; fails with the refusal. Unsubscribe cancels the turn.
   */
  readonly turn$: (asked: string | Readonly<Record<string, unknown>>) => Observable<TurnEvent>;
  /** Any other request. Rejects with `RefusedError`. */
  readonly request: (
    name: string,
    params?: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
  /** What the plugin logs from now on; never completes. */
  readonly logs$: Observable<LogMessage>;
  /** Every frame from now on, in both directions; never completes. */
  readonly frames$: Observable<Frame>;
}

/** The plugin refused a request, with a JSON-RPC error. */
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

type Reply = { readonly event: TurnEvent } | { readonly result: Readonly<Record<string, unknown>> };

/** A host and a plugin server in this process. Starts nothing before it is used. */
export const localHost = (options: LocalHostOptions = {}): LocalHost => {
  const {
    env = process.env,
    tools = [],
    terminate$ = NEVER,
    executable = '',
    version = '0.0.0',
  } = options;
  const connection$ = localConnection({ env, terminate$, executable, version }, tools);
  let lastId = 0;
  const exchange$ = (name: string, params: unknown): Observable<Reply> =>
    connection$.pipe(
      switchMap((connection) => exchanged(connection, (lastId += 1), name, params)),
      takeWhile((reply) => 'event' in reply, true),
    );
  return {
    turn$: (asked) =>
      exchange$(
        method.providerStream,
        typeof asked === 'string' ? turnParams(asked, tools) : asked,
      ).pipe(mergeMap((reply) => ('event' in reply ? of(reply.event) : EMPTY))),
    request: (name, params = {}) => {
      const result$ = exchange$(name, params).pipe(
        mergeMap((reply) => ('result' in reply ? of(reply.result) : EMPTY)),
        throwIfEmpty(() => new RefusedError({ code: -32000, message: 'the plugin has ended' })),
      );
      return firstValueFrom(result$, { defaultValue: {} });
    },
    logs$: connection$.pipe(
      switchMap(({ received$ }) => received$),
      filter(LogFrame.is),
      map(({ params }) => params),
    ),
    frames$: connection$.pipe(
      switchMap(({ received$, sent$ }) =>
        merge(
          sent$.pipe(map((frame) => ({ from: 'host', frame }) as const)),
          received$.pipe(map((frame) => ({ from: 'plugin', frame }) as const)),
        ),
      ),
    ),
  };
};

/** One request, and what comes for it. Unsubscribe before its end cancels it. */
const exchanged = (
  { send, received$ }: Connection,
  id: number,
  name: string,
  params: unknown,
): Observable<Reply> =>
  defer(() => {
    let open = true;
    const reply$ = received$.pipe(
      mergeMap((frame): Observable<Reply> => {
        if (EventFrame.is(frame) && frame.params.request_id === id)
          return of({ event: frame.params.event });
        if (!(Answer.is(frame) || Refusal.is(frame)) || frame.id !== id) return EMPTY;
        open = false;
        return 'error' in frame
          ? throwError(() => new RefusedError(frame.error))
          : of({ result: frame.result });
      }),
    );
    // The plugin is initialized first, whoever comes first.
    const ask$ = scheduled(EMPTY, asapScheduler).pipe(
      tap({ complete: () => send({ jsonrpc: '2.0', id, method: name, params }) }),
    );
    return merge(reply$, ask$).pipe(
      finalize(() => {
        if (open)
          send({ jsonrpc: '2.0', method: notification.cancelled, params: { requestId: id } });
      }),
    );
  });

const turnParams = (text: string, tools: readonly LocalTool[]) => ({
  model_id: 'codex',
  agent: { agent_id: 'local', workspace: process.cwd() },
  request: { messages: [{ role: 'user', content: text }], tools: specsOf(tools) },
});
