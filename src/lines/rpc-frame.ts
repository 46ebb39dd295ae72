import * as t from 'io-ts';
import { excerpt } from '../text/explain.js';
import { guardCodec } from '../text/guard-codec.js';
import { inexact } from './exact-json.js';

const isId = (value: unknown): value is string | number =>
  typeof value === 'string' || Number.isFinite(value);
/** A text may stand for a number that JavaScript cannot hold, see `parseExact`. */
const Id = guardCodec('id', isId);
const WithId = t.type({ id: Id });
const WithMethod = t.type({ method: t.string });
const Response = t.union([
  t.type({ result: t.unknown, id: t.unknown }),
  t.type({ error: t.unknown }),
]);
const Progress = t.type({ method: t.literal('notifications/progress') });
const Cancelled = t.type({
  method: t.literal('notifications/cancelled'),
  params: t.type({ requestId: Id }),
});

/** Whether a frame of the peer is a response, of whatever form. */
export const isResponse = (frame: unknown): boolean => Response.is(frame);

/** Whether a frame of the peer reports the progress of a call. */
export const isProgress = (frame: unknown): boolean => Progress.is(frame);

/** The inner id of the request that a frame cancels; `undefined` for every other frame. */
export const cancelledId = (frame: unknown): string | undefined =>
  Cancelled.is(frame) ? String(frame.params.requestId) : undefined;

/** The id that an error response to a frame has to carry. */
export const idOf = (frame: unknown): string | number | null =>
  WithId.is(frame) ? frame.id : null;

/**
 * The id of a request inside the SDK: the JSON text of the peer's id. It is never empty, while the
 * SDK takes a falsy id such as 0 for none.
 */
const innerId = (id: string | number): string => JSON.stringify(id);

/** The id of a response as the number that it answers: ours has no sign, where a peer says -0. */
const ownId = (id: unknown): unknown => (Id.is(id) ? inexact(id) : id);

/** The peer's id of a request with an inner id. */
export const outerId = (id: unknown): unknown => (typeof id === 'string' ? JSON.parse(id) : id);

/**
 * Rewrites a frame of the peer for the SDK: only the keys of JSON-RPC, inner ids, and responses in
 * the form that the SDK accepts. A value that is not an object stays as it is.
 */
export const inboundFrame = (frame: unknown): unknown => {
  if (!t.UnknownRecord.is(frame)) return frame;
  const { id, method, params } = frame;
  if (!WithMethod.is(frame))
    return { jsonrpc: '2.0', id: ownId(id), ...(Response.is(frame) ? responseBody(frame) : {}) };
  // A host written in Go sends absent params as null.
  const innerParams = Cancelled.is(frame)
    ? { ...frame.params, requestId: innerId(frame.params.requestId) }
    : params;
  return {
    jsonrpc: '2.0',
    method,
    ...(id === undefined ? {} : { id: Id.is(id) ? innerId(id) : id }),
    ...(innerParams === undefined || innerParams === null ? {} : { params: innerParams }),
  };
};

const RpcError = t.type({ code: t.number, message: t.string });
const WithMessage = t.type({ message: t.string });

/** The body of a response. The SDK drops every other form, and its request would never end. */
const responseBody = ({
  result,
  error,
}: Readonly<Record<string, unknown>>):
  | { readonly result: unknown }
  | { readonly error: unknown } => {
  if (error !== undefined && error !== null) {
    if (RpcError.is(error) && Number.isSafeInteger(error.code)) return { error };
    return {
      error: {
        code: -32603,
        message: WithMessage.is(error) ? error.message : excerpt(error, 1_000),
      },
    };
  }
  if (!t.UnknownRecord.is(result) || Array.isArray(result))
    return { error: { code: -32603, message: `the answer is no object: ${excerpt(result, 200)}` } };
  // The SDK drops a response with an invalid `_meta`, and nothing here reads it.
  return { result: { ...result, _meta: undefined } };
};
