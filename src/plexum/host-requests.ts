import type { Readable } from 'node:stream';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { concat, NEVER, Observable } from 'rxjs';
import { holdBack } from '../lines/hold-back.js';
import type { LineTransport } from '../lines/line-transport.js';
import { parseJson } from '../lines/parse-json.js';
import { readFrame } from '../lines/read-frame.js';
import { readable } from '../lines/readable.js';
import { outerId } from '../lines/rpc-frame.js';
import { MAX_LINE_BYTES, splitLines } from '../lines/split-lines.js';
import { fromAbort } from '../streams/from-abort.js';
import type { RpcError } from './rpc-error.js';

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

/**
 * Reads the frames of the host.
 *
 * Emits each request that is not part of MCP; the server answers the requests of MCP itself.
 * While the host does not read, requests wait; see `holding` of the transport. Completes at the end
 * of the input; fails when the input cannot be read. Unsubscribe stops reading.
 */
export const hostRequests = (
  // McpServer does not support methods outside MCP.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  server: Server,
  transport: LineTransport,
  input: Readable,
): Observable<HostRequest> =>
  new Observable((subscriber) => {
    server.fallbackRequestHandler = ({ method, params }, { signal, requestId }) =>
      new Promise<Record<string, unknown>>((answer, refuse) => {
        const cancelled$ = concat(fromAbort(signal), NEVER);
        subscriber.next({ id: outerId(requestId), method, params, cancelled$, answer, refuse });
      }).finally(() => {
        transport.forget(String(requestId));
      });
    return holdBack(
      (ready$) => readable(input, ready$).pipe(splitLines(MAX_LINE_BYTES, { strict: true })),
      transport.holding,
    )
      .pipe(parseJson(readFrame))
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
