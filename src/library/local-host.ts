import {
  EMPTY,
  filter,
  firstValueFrom,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  switchMap,
  takeWhile,
  throwIfEmpty,
} from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import { method } from '../plexum/methods.js';
import { exchange, RefusedError, type Reply } from './exchange.js';
import { localConnection } from './local-connection.js';
import { localPlugin } from './local-plugin.js';
import { type LocalTool, specsOf } from './local-tools.js';
import { LogFrame, type LogMessage } from './wire-frames.js';

export interface LocalHostOptions {
  /** The environment of the plugin. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The tools of the host. */
  readonly tools?: readonly LocalTool[] | undefined;
  /** Its first value ends the plugin, as SIGTERM does. */
  readonly terminate$?: Observable<unknown> | undefined;
  /** The plugin's executable, which codex starts if the config's `bridge` is "stdio". */
  readonly executable?: string | undefined;
  /** The version that the plugin reports. */
  readonly version?: string | undefined;
}

/** A frame of the wire and its sender. */
export interface Frame {
  readonly from: 'host' | 'plugin';
  readonly frame: unknown;
}

/**
 * A host of the plugin, for trials: it takes the place of the daemon at the wire. The plugin server
 * runs in this process while at least one of its streams is subscribed.
 */
export interface LocalHost {
  /**
   * Runs a turn by `plexum/provider/stream`. `request` is its params, or the text of a turn in the
   * current folder. Emits the events of the turn and completes with the response. Fails with
   * `RefusedError`. Unsubscribe cancels the turn.
   */
  readonly turn$: (request: string | Readonly<Record<string, unknown>>) => Observable<TurnEvent>;
  /** Sends any other request. Rejects with `RefusedError`. */
  readonly request: (
    name: string,
    params?: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
  /** The log messages of the plugin, from the subscription on. Completes with the plugin. */
  readonly logs$: Observable<LogMessage>;
  /** The frames of both directions, from the subscription on. Completes with the plugin. */
  readonly frames$: Observable<Frame>;
}

/** Connects a host and a plugin server in this process. Nothing starts before a subscription. */
export const localHost = (options: LocalHostOptions = {}): LocalHost => {
  const {
    env = process.env,
    tools = [],
    terminate$ = NEVER,
    executable = '',
    version = '0.0.0',
  } = options;
  const connection$ = localConnection(localPlugin({ env, terminate$, executable, version }), tools);
  let lastId = 0;
  const exchange$ = (name: string, params: unknown): Observable<Reply> =>
    connection$.pipe(
      switchMap((connection) => exchange(connection, { id: (lastId += 1), method: name, params })),
      takeWhile((reply) => 'event' in reply, true),
    );
  return {
    turn$: (request) =>
      exchange$(
        method.providerStream,
        typeof request === 'string' ? turnParams(request, tools) : request,
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

const turnParams = (text: string, tools: readonly LocalTool[]) => ({
  model_id: 'codex',
  agent: { agent_id: 'local', workspace: process.cwd() },
  request: { messages: [{ role: 'user', content: text }], tools: specsOf(tools) },
});
