import type { Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
} from '@modelcontextprotocol/sdk/types.js';
import * as t from 'io-ts';
import { BehaviorSubject, distinctUntilChanged, type Observable } from 'rxjs';
import { excerpt } from '../text/explain.js';

/** A transport of the MCP SDK whose inbound side is fed from outside. */
export interface LineTransport extends Transport {
  /**
   * Takes one frame of the peer, read as JSON. Whatever it is, it is passed on, answered or
   * ignored; nothing is thrown.
   */
  readonly receive: (frame: unknown) => void;
  /** Answers a frame that was no JSON. */
  readonly refuse: (reason: string) => void;
  /** Says that the lasting request with this inner id is done, also when no response was sent. */
  readonly forget: (innerId: string) => void;
  /**
   * Whether the peer reads: false from a write that filled the pipe until it drained. Emits at
   * once, then on change; never completes.
   */
  readonly ready$: Observable<boolean>;
}

/**
 * One JSON message a line on `output`.
 *
 * The SDK takes a request id that is falsy (0) for none, and loses a request when another comes
 * with its id. So inside an id is its own JSON text, which is never empty, and a request with an id
 * that is still open is refused. A cancelled request, which gets no response, is done at once,
 * unless its method is `lasting`: then when it is settled.
 */
export const lineTransport = (
  output: Writable,
  lasting: (method: string) => boolean = () => false,
): LineTransport => {
  const open = new Map<string, { readonly lasting: boolean }>();
  const flow$ = new BehaviorSubject(true);
  output.on('drain', () => {
    flow$.next(true);
  });
  const write = (frame: unknown): void => {
    if (output.writable && !output.write(`${JSON.stringify(frame)}\n`)) flow$.next(false);
  };
  const refuse = (id: unknown, code: number, message: string): void => {
    write({ jsonrpc: '2.0', id, error: { code, message, data: { kind: 'invalid_request' } } });
  };

  const passed = (message: unknown): boolean => {
    if (
      !isJSONRPCNotification(message) &&
      !isJSONRPCResultResponse(message) &&
      !isJSONRPCErrorResponse(message)
    )
      return false;
    try {
      transport.onmessage?.(message);
    } catch {
      // An answer that nobody waits for, and that is nested too deep for the SDK to complain of it.
    }
    return true;
  };

  const transport: LineTransport = {
    ready$: flow$.pipe(distinctUntilChanged()),
    start: () => Promise.resolve(),
    close: () => {
      transport.onclose?.();
      return Promise.resolve();
    },
    send: (message) => {
      if ('method' in message) write(message);
      else {
        open.delete(String(message.id));
        write({ ...message, id: outerId(message.id) });
      }
      return Promise.resolve();
    },
    refuse: (reason) => {
      refuse(null, -32700, `parse error: ${reason}`);
    },
    forget: (innerId) => {
      open.delete(innerId);
    },
    receive: (frame) => {
      const message = inbound(frame);
      if (isJSONRPCRequest(message)) {
        const id = String(message.id);
        if (open.has(id)) {
          refuse(outerId(id), -32600, `a request with the id ${id} is still open`);
          return;
        }
        open.set(id, { lasting: lasting(message.method) });
        transport.onmessage?.(message);
      } else if (Cancelled.is(message)) {
        const id = String(message.params.requestId);
        const cancelled = open.get(id);
        // The SDK looks a little later, and would cancel a request that has come since with the id
        // of one that is over.
        if (cancelled !== undefined && passed(message) && !cancelled.lasting) open.delete(id);
      } else if (!passed(message) && !Response.is(frame)) {
        refuse(Identified.is(frame) ? frame.id : null, -32600, 'not a JSON-RPC 2.0 request');
      }
    },
  };
  return transport;
};

const isId = (value: unknown): value is string | number =>
  typeof value === 'string' || Number.isFinite(value);
/** JSON.parse makes Infinity of 1e400, which is no JSON. */
const Id = new t.Type(
  'id',
  isId,
  (value, context) => (isId(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
);
const Identified = t.type({ id: Id });
const Called = t.type({ method: t.string });
const Response = t.union([
  t.type({ result: t.unknown, id: t.unknown }),
  t.type({ error: t.unknown }),
]);
const Cancelled = t.type({
  method: t.literal('notifications/cancelled'),
  params: t.type({ requestId: Id }),
});

/** A frame as the SDK takes it: nothing but the keys of JSON-RPC, ids of the peer as inner ids. */
const inbound = (frame: unknown): unknown => {
  if (!t.UnknownRecord.is(frame)) return frame;
  const { id, method, params } = frame;
  if (!Called.is(frame))
    return { jsonrpc: '2.0', id, ...(Response.is(frame) ? answerOf(frame) : {}) };
  const sent = Cancelled.is(frame)
    ? { ...frame.params, requestId: innerId(frame.params.requestId) }
    : params;
  return {
    jsonrpc: '2.0',
    method,
    ...(id === undefined ? {} : { id: Id.is(id) ? innerId(id) : id }),
    ...(sent === undefined ? {} : { params: sent }),
  };
};

const RpcError = t.type({ code: t.number, message: t.string });
const Reason = t.type({ message: t.string });

/**
 * What a peer answered, in the form that JSON-RPC and MCP ask for: the SDK drops every other, and
 * whoever asked would wait in vain.
 */
const answerOf = ({
  result,
  error,
}: Readonly<Record<string, unknown>>):
  | { readonly result: unknown }
  | { readonly error: unknown } => {
  if (error !== undefined && error !== null) {
    if (RpcError.is(error) && Number.isSafeInteger(error.code)) return { error };
    return {
      error: { code: -32603, message: Reason.is(error) ? error.message : excerpt(error, 1_000) },
    };
  }
  if (!t.UnknownRecord.is(result) || Array.isArray(result))
    return { error: { code: -32603, message: `the answer is no object: ${excerpt(result, 200)}` } };
  // Nobody asked for it, and the SDK drops an answer whose `_meta` is of an odd form.
  return { result: { ...result, _meta: undefined } };
};

const innerId = (id: string | number): string => JSON.stringify(id);

/** The peer's id behind an inner one. */
export const outerId = (id: unknown): unknown => (typeof id === 'string' ? JSON.parse(id) : id);
