import type { Readable, Writable } from 'node:stream';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { defer, delay, fromEvent, merge, type Observable, of, take } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { lineTransport } from '../lines/line-transport.js';
import type { WireLog } from '../record/wire-log.js';
import { redacted } from '../text/redact.js';
import { type CallHost, callHost } from './call-host.js';
import { type Greeting, introduction } from './greeting.js';
import { type HostRequest, hostRequests } from './host-requests.js';
import type { Manifest } from './manifest.js';
import { isLasting, PLUGIN_NAME } from './methods.js';
import { internalError } from './rpc-error.js';
import type { StrangeFrame } from './strange-frame.js';
import { watchFrames } from './watch-frames.js';

/** The connection to the daemon over stdio. */
export interface Host {
  /** The requests of the host; see `hostRequests`. */
  readonly requests$: Observable<HostRequest>;
  /**
   * Emits once when the host has closed one of the pipes, after its last line, which may have no LF
   * and then comes with the end; completes. Does not fail.
   */
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
  /** What the host, which sends its first frame again, has got for it. */
  readonly greeted?: Greeting | undefined;
  /** Called for each frame of the host that the plugin does not understand. */
  readonly onStrange?: (frame: StrangeFrame) => void;
  /** Gets each line of both sides, for a log. */
  readonly wireLog?: Pick<WireLog, 'host' | 'plugin'> | undefined;
}

/**
 * Connects to the host over a pair of streams: the low-level MCP server of the SDK over
 * `lineTransport`. Nothing is read before `requests$` is subscribed to.
 */
export const connectHost = (
  input: Readable,
  output: Writable,
  { manifest, problem, warnings, greeted, onStrange = () => undefined, wireLog }: HostOptions,
): Host => {
  const { serverInfo, capabilities } = introduction(manifest);
  // McpServer does not support methods outside MCP.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const server = new Server(serverInfo, { capabilities });
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
  const watch = watchFrames(onStrange);
  const transport = lineTransport(output, isLasting, {
    answered: greeted?.id,
    onSend: watch.sent,
    onLine: wireLog?.plugin,
  });
  server.connect(transport).catch(ignore);

  return {
    requests$: hostRequests(server, transport, input, { watch, onLine: wireLog?.host }),
    closed$: defer(() =>
      input.destroyed || output.destroyed
        ? of(true)
        : merge(
            fromEvent(input, 'end'),
            fromEvent(input, 'close'),
            fromEvent(output, 'error'),
            fromEvent(output, 'close'),
          ).pipe(take(1), delay(0)),
    ),
    ready$: transport.ready$,
    notify: (method, params) => {
      // Not by the server, whose promises for each event take longer than the JSON of the event.
      transport.send({ jsonrpc: '2.0', method, params }).catch(ignore);
    },
    call$: callHost(server),
    log,
  };
};

/** The host is gone, and `closed$` has emitted. */
const ignore = (): void => undefined;
