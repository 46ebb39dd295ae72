import type { Readable, Writable } from 'node:stream';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { fromEvent, merge, type Observable, take } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { lineTransport } from '../lines/line-transport.js';
import { redacted } from '../text/redact.js';
import { type CallHost, callHost } from './call-host.js';
import { type HostRequest, hostRequests } from './host-requests.js';
import type { Manifest } from './manifest.js';
import { PLUGIN_NAME, WIRE_VERSION } from './methods.js';
import { internalError } from './rpc-error.js';

/** The connection to the daemon over stdio. */
export interface Host {
  /** The requests of the host; see `hostRequests`. */
  readonly requests$: Observable<HostRequest>;
  /** Emits once when the host closes one of the pipes, and completes. Does not fail. */
  readonly closed$: Observable<unknown>;
  /** False while the host does not read. Emits on subscribe and on change; never completes. */
  readonly ready$: Observable<boolean>;
  readonly notify: (method: string, params: Record<string, unknown>) => void;
  readonly call$: CallHost;
  /** Sends `notifications/message`, from the level that the host has set. */
  readonly log: Log;
}

interface HostOptions {
  readonly manifest: Manifest;
  /** The error of `initialize`, if it has to fail. */
  readonly problem?: string | undefined;
  /** Warnings for the host, sent after `notifications/initialized`. */
  readonly warnings: readonly string[];
}

/**
 * Connects to the host over a pair of streams: the low-level MCP server of the SDK over
 * `lineTransport`. Nothing is read before `requests$` is subscribed to.
 */
export const connectHost = (
  input: Readable,
  output: Writable,
  { manifest, problem, warnings }: HostOptions,
): Host => {
  // McpServer does not support methods outside MCP.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
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

  return {
    requests$: hostRequests(server, transport, input),
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
    call$: callHost(server),
    log,
  };
};

/** The host is gone, and `closed$` has emitted. */
const ignore = (): void => undefined;
