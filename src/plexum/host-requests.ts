import type { Readable } from 'node:stream';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { concat, concatWith, identity, ignoreElements, NEVER, Observable, tap, timer } from 'rxjs';
import { holdBack } from '../lines/hold-back.js';
import { type Line, MAX_LINE_BYTES } from '../lines/line.js';
import type { LineTransport } from '../lines/line-transport.js';
import { parseJson } from '../lines/parse-json.js';
import { readFrame } from '../lines/read-frame.js';
import { readable } from '../lines/readable.js';
import { outerId } from '../lines/rpc-frame.js';
import { splitLines } from '../lines/split-lines.js';
import { fromAbort } from '../streams/from-abort.js';
import { emptyLists } from './methods.js';
import type { RpcError } from './rpc-error.js';
import { type FrameWatch, withInitializeParams } from './watch-frames.js';

/** A request of the host that is not part of MCP. It is answered or refused once. */
export interface HostRequest {
  /** The JSON-RPC id as the host wrote it. */
  readonly id: unknown;
  readonly method: string;
  readonly params: unknown;
  /**
   * Emits once when the host cancels the request, replayed to late subscribers; never completes.
   */
  readonly cancelled$: Observable<unknown>;
  /** Answers the request. After a cancel nothing is sent, as MCP asks. */
  readonly answer: (result: Record<string, unknown>) => void;
  readonly refuse: (error: RpcError) => void;
}

/** Who looks at what the host sends. */
export interface HostReaders {
  /** Gets each line before it is parsed. */
  readonly onLine?: ((line: Line) => void) | undefined;
  readonly watch?: Pick<FrameWatch, 'received' | 'unreadable'> | undefined;
}

/**
 * Reads the frames of the host.
 *
 * Emits each request that is not part of MCP. The server answers the requests of MCP itself; a list
 * of something that the plugin does not have is empty. While the host does not read, requests wait;
 * see `holding` of the transport. Completes at the end of the input; fails when the input cannot be
 * read. Unsubscribe stops reading.
 */
export const hostRequests = (
  // McpServer does not support methods outside MCP.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  server: Server,
  transport: LineTransport,
  input: Readable,
  { onLine, watch }: HostReaders = {},
): Observable<HostRequest> =>
  new Observable((subscriber) => {
    server.fallbackRequestHandler = ({ method, params }, { signal, requestId }) =>
      emptyLists.has(method)
        ? Promise.resolve({ ...emptyLists.get(method) })
        : new Promise<Record<string, unknown>>((answer, refuse) => {
            const cancelled$ = concat(fromAbort(signal), NEVER);
            subscriber.next({ id: outerId(requestId), method, params, cancelled$, answer, refuse });
          }).finally(() => {
            transport.forget(String(requestId));
          });
    return holdBack(
      (ready$) => readable(input, ready$).pipe(splitLines(MAX_LINE_BYTES, { strict: true })),
      transport.holding,
    )
      .pipe(
        onLine === undefined ? identity : tap(onLine),
        parseJson(readFrame),
        // A last line without LF comes with the end, and its request some microtasks later.
        concatWith(timer(0).pipe(ignoreElements())),
      )
      .subscribe({
        next: (parsed) => {
          if (parsed.type === 'json') {
            watch?.received(parsed.value);
            transport.receive(withInitializeParams(parsed.value));
          } else {
            watch?.unreadable();
            transport.refuse(parsed.reason);
          }
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      });
  });
