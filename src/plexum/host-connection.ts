import type { Readable, Writable } from 'node:stream';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  InitializeRequestSchema,
  type Progress,
  ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { concat, fromEvent, merge, NEVER, Observable, take } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { lineTransport } from '../lines/line-transport.js';
import { parseJson } from '../lines/parse-json.js';
import { readable } from '../lines/readable.js';
import { outerId } from '../lines/rpc-frame.js';
import { splitLines } from '../lines/split-lines.js';
import { fromAbort } from '../streams/from-abort.js';
import { redacted } from '../text/redact.js';
import type { Manifest } from './manifest.js';
import { PLUGIN_NAME, WIRE_VERSION } from './methods.js';
import { internalError, type RpcError } from './rpc-error.js';

/** A request of the host that MCP itself does not answer. It is answered or refused once. */
export interface HostRequest {
  /** The JSON-RPC id as the host wrote it. */
  readonly id: unknown;
  readonly method: string;
  readonly params: unknown;
  /**
   * Emits once when the host cancels the request, at once when it did so already. Never completes
   * without that.
   */
  readonly cancelled$: Observable<unknown>;
  /** A cancelled request gets no response, as MCP asks. */
  readonly answer: (result: Record<string, unknown>) => void;
  readonly refuse: (error: RpcError) => void;
}

/** The daemon at the other end of stdio. */
export interface Host {
  /**
   * Subscribing reads the host's frames; MCP's own requests are answered on the way. Completes at
   * the end of the input.
   */
  readonly requests$: Observable<HostRequest>;
  /** Emits once when the host closed one of the pipes. */
  readonly closed$: Observable<unknown>;
  /** False while the host does not read. Emits at once. */
  readonly ready$: Observable<boolean>;
  readonly notify: (method: string, params: Record<string, unknown>) => void;
  /**
   * Asks the host; emits its result once. Fails with its error. Unsubscribe cancels the request at
   * the host.
   */
  readonly call$: (
    method: string,
    params: Record<string, unknown>,
    onProgress?: (progress: Progress) => void,
  ) => Observable<unknown>;
  /** `notifications/message`, by the level that the host set. */
  readonly log: Log;
}

interface HostOptions {
  readonly manifest: Manifest;
  /** Why `initialize` has to fail. */
  readonly problem?: string | undefined;
  /** Warnings for the host, sent once it has initialized. */
  readonly warnings: readonly string[];
}

/**
 * Speaks MCP with the host over a pair of streams: the SDK's low-level server over a transport of
 * our own.
 */
export const connectHost = (
  input: Readable,
  output: Writable,
  { manifest, problem, warnings }: HostOptions,
): Host => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- McpServer has no place for methods of our own
  const server = new Server(
    { name: PLUGIN_NAME, version: manifest.version },
    {
      capabilities: {
        logging: {},
        experimental: { plexum: { wire: WIRE_VERSION, contracts: manifest.contracts } },
      },
    },
  );
  if (problem !== undefined) {
    server.setRequestHandler(InitializeRequestSchema, () => {
      throw internalError(problem, 'config');
    });
  }
  const log: Log = (level, msg, fields = {}) => {
    server
      .sendLoggingMessage({ level, logger: PLUGIN_NAME, data: redacted({ msg, ...fields }) })
      .catch(ignore);
  };
  server.oninitialized = () => {
    for (const warning of warnings) log('warning', warning);
  };
  output.on('error', ignore);
  const transport = lineTransport(output, (method) => method.startsWith('plexum/'));
  server.connect(transport).catch(ignore);

  const requests$ = new Observable<HostRequest>((subscriber) => {
    server.fallbackRequestHandler = (request, { signal, requestId }) =>
      new Promise<Record<string, unknown>>((answer, refuse) => {
        const cancelled$ = concat(fromAbort(signal), NEVER);
        subscriber.next({
          id: outerId(requestId),
          method: request.method,
          params: request.params,
          cancelled$,
          answer,
          refuse,
        });
      }).finally(() => {
        transport.forget(String(requestId));
      });
    return readable(input)
      .pipe(splitLines(), parseJson())
      .subscribe({
        next: (parsed) => {
          if (parsed.type === 'json') transport.receive(parsed.value);
          else transport.refuse(parsed.reason);
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      });
  });

  return {
    requests$,
    closed$: merge(
      fromEvent(input, 'end'),
      fromEvent(input, 'close'),
      fromEvent(output, 'error'),
      fromEvent(output, 'close'),
    ).pipe(take(1)),
    ready$: transport.ready$,
    notify: (method, params) => {
      server.notification({ method, params }).catch(ignore);
    },
    call$: (method, params, onprogress) =>
      new Observable((subscriber) => {
        const leaving = new AbortController();
        let open = true;
        server
          .request({ method, params }, ResultSchema, {
            signal: leaving.signal,
            timeout: NO_TIMEOUT_MS,
            ...(onprogress === undefined ? {} : { onprogress }),
          })
          .then(
            (result) => {
              open = false;
              subscriber.next(result);
              subscriber.complete();
            },
            (error: unknown) => {
              open = false;
              subscriber.error(error);
            },
          );
        // The SDK would cancel at the host also what the host has answered.
        return () => {
          if (open) leaving.abort();
        };
      }),
    log,
  };
};

/** The longest that a timer can wait: who calls sets the limit. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** The host is gone: that is told by `closed$`. */
const ignore = (): void => undefined;
