import type { Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
} from '@modelcontextprotocol/sdk/types.js';
import type { Observable } from 'rxjs';
import type { Holding } from './hold-back.js';
import type { Line } from './line.js';
import { LINE_BYTES, lineWriter } from './line-writer.js';
import { parseLine } from './parse-json.js';
import { readFrame } from './read-frame.js';
import { cancelledId, idOf, inboundFrame, isProgress, isResponse, outerId } from './rpc-frame.js';

/** A transport of the MCP SDK whose inbound frames come from outside. */
export interface LineTransport extends Transport {
  /**
   * Passes a frame of the peer, any JSON value, to the SDK, or answers it with an error, or ignores
   * it. Does not throw.
   */
  readonly receive: (frame: unknown) => void;
  /** Answers a line that is not JSON with a parse error. */
  readonly refuse: (reason: string) => void;
  /** Closes the lasting request with this inner id, whether or not a response was sent. */
  readonly forget: (innerId: string) => void;
  /** Whether the peer reads; see `LineWriter`. */
  readonly ready$: Observable<boolean>;
  /**
   * The lines of the peer wait while too much for it is unsent; see `LineWriter`. What creates no
   * output may pass: a response, the progress of a call, the cancel of an open request. Progress of
   * the peer's own calls is not sent meanwhile.
   */
  readonly holding: Holding<Line>;
}

/** Who looks at what is sent, and what the peer has already. */
export interface TransportReaders {
  /** The id of the first request, where the peer has got the response in another way. */
  readonly answered?: string | number | undefined;
  /** Gets each request and notification. */
  readonly onSend?: ((message: unknown) => void) | undefined;
  /** Gets each line, without its LF. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** The inner id of a request that the peer has an answer to. The other ids are JSON texts. */
const ANSWERED = 'answered';

/** Until when an open request of the peer keeps its id: its response or cancel, or `forget`. */
type OpenRequest = 'ordinary' | 'lasting';

/**
 * Creates a transport that writes one JSON message a line to `output`.
 *
 * The SDK loses an open request when another request has the same id: such a request is refused. A
 * cancelled request gets no response; its id is free at once, or after `forget` when its method is
 * `lasting`. The id of an answered request is free from the start.
 */
export const lineTransport = (
  output: Writable,
  lasting: (method: string) => boolean = () => false,
  { answered, onSend, onLine }: TransportReaders = {},
): LineTransport => {
  const open = new Map<string, OpenRequest>();
  const { write, ready$, full$, isFull } = lineWriter(output, onLine);
  let isAnswered = answered !== undefined;
  const mayPass = (line: Line): boolean => {
    const parsed = parseLine(line, readFrame);
    if (parsed.type !== 'json') return false;
    const message = inboundFrame(parsed.value);
    if (!isJSONRPCNotification(message)) return !isJSONRPCRequest(message) && isResponse(message);
    return isProgress(message) || open.has(cancelledId(message) ?? '');
  };
  const writeError = (id: unknown, code: number, message: string): void => {
    write({ jsonrpc: '2.0', id, error: { code, message, data: { kind: 'invalid_request' } } });
  };
  /** Passes a notification or a response to the SDK. Returns whether the message was one. */
  const deliver = (message: unknown): boolean => {
    if (
      !isJSONRPCNotification(message) &&
      !isJSONRPCResultResponse(message) &&
      !isJSONRPCErrorResponse(message)
    )
      return false;
    try {
      transport.onmessage?.(message);
    } catch {
      // A response to no request, nested too deep for the error that the SDK makes of it.
    }
    return true;
  };

  const transport: LineTransport = {
    ready$,
    holding: {
      hold$: full$,
      mayPass,
      sizeOf: (line) => LINE_BYTES + (typeof line === 'string' ? line.length : 0),
    },
    start: () => Promise.resolve(),
    close: () => {
      transport.onclose?.();
      return Promise.resolve();
    },
    send: (message) => {
      if ('method' in message) {
        onSend?.(message);
        if (!isFull() || !isProgress(message)) write(message);
      } else {
        const hasIt = message.id === ANSWERED;
        if (!hasIt) open.delete(String(message.id));
        write({ ...message, id: hasIt ? answered : outerId(message.id) }, hasIt);
      }
      return Promise.resolve();
    },
    refuse: (reason) => {
      writeError(null, -32700, `parse error: ${reason}`);
    },
    forget: (innerId) => {
      open.delete(innerId);
    },
    receive: (frame) => {
      const message = inboundFrame(frame);
      const cancelled = cancelledId(message);
      if (isJSONRPCRequest(message) && isAnswered) {
        isAnswered = false;
        transport.onmessage?.({ ...message, id: ANSWERED });
      } else if (isJSONRPCRequest(message)) {
        const id = String(message.id);
        if (open.has(id)) {
          writeError(outerId(id), -32600, `a request with the id ${id} is still open`);
          return;
        }
        open.set(id, lasting(message.method) ? 'lasting' : 'ordinary');
        transport.onmessage?.(message);
      } else if (cancelled !== undefined) {
        // The SDK handles it in a later microtask. Were the request over, it would cancel the next
        // request with this id.
        const request = open.get(cancelled);
        if (request !== undefined && deliver(message) && request === 'ordinary')
          open.delete(cancelled);
      } else if (!deliver(message) && !isResponse(frame)) {
        writeError(idOf(frame), -32600, 'not a JSON-RPC 2.0 request');
      }
    },
  };
  return transport;
};
