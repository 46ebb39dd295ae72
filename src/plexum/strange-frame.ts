import { isRight } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { isResponse } from '../lines/rpc-frame.js';
import { safeName, shapeOf } from '../text/safe-name.js';
import { hasOnly, isKnownRequest } from './known-request.js';
import { emptyLists, method, notification } from './methods.js';
import { AnyMutation, MutateParams, StreamParams, streamKeys, withoutNulls } from './params.js';

/** What the plugin does not understand of the host: by method, with the shape of its params. */
export interface StrangeFrame {
  /** `frame`: JSON that is no message of JSON-RPC. `line`: no JSON at all. */
  readonly what: 'request' | 'notification' | 'response' | 'frame' | 'line';
  /** Empty where there is none. Of a response, that of its request. */
  readonly method: string;
  /** The names and types of the keys, never a value; see `shapeOf`. */
  readonly keys: string;
}

/** The most characters of a method. */
const MAX_METHOD = 100;

export const strange = (
  what: StrangeFrame['what'],
  name: string,
  value: unknown,
): StrangeFrame => ({ what, method: safeName(name, MAX_METHOD), keys: shapeOf(value) });

/** A request that the plugin has sent. */
export interface SentRequest {
  readonly method: string;
  readonly isAnswered: boolean;
}

type Fits = (params: unknown) => boolean;

/** No params, or any object. */
const anything: Fits = (params) => params === undefined || t.UnknownRecord.is(params);
const WithAgent = t.type({ agent: t.type({ workspace: t.string }) });

const fitsStream: Fits = (given) => {
  const params = withoutNulls(given);
  const read = StreamParams.decode(params);
  return (
    isRight(read) &&
    hasOnly(params, streamKeys.params) &&
    hasOnly(read.right.agent, streamKeys.agent) &&
    WithAgent.is(params) &&
    read.right.request !== undefined &&
    isKnownRequest(read.right.request)
  );
};
const fitsMutate: Fits = (params) =>
  MutateParams.is(params) && (params.mutations ?? []).every(AnyMutation.is);

/** The params of MCP's `initialize`. */
export const InitializeParams = t.type({
  protocolVersion: t.string,
  capabilities: t.UnknownRecord,
  clientInfo: t.type({ name: t.string, version: t.string }),
});

const requests: ReadonlyMap<string, Fits> = new Map<string, Fits>([
  [method.initialize, InitializeParams.is],
  [method.ping, anything],
  [method.setLevel, (params) => t.type({ level: t.string }).is(params) && levels.has(params.level)],
  ...[...emptyLists.keys()].map((name) => [name, anything] as const),
  [method.manifestRead, anything],
  [method.providerStream, fitsStream],
  [method.sessionMutate, fitsMutate],
]);
const levels: ReadonlySet<string> = new Set([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]);

export const FrameId = t.union([t.string, t.number]);
const notifications: ReadonlyMap<string, Fits> = new Map<string, Fits>([
  [notification.initialized, anything],
  [notification.cancelled, t.type({ requestId: FrameId }).is],
  [notification.progress, t.type({ progressToken: FrameId }).is],
]);

const ToolResult = t.type({ result: t.type({ content: t.UnknownArray }) });
const Refusal = t.type({ error: t.type({ code: t.number, message: t.string }) });

/**
 * What the plugin does not know of a frame of the host: a method, params of another shape, a
 * response to no open request. `undefined` for a frame that it knows. `sent` finds the plugin's own
 * request by its id.
 */
export const strangeFrame = (
  frame: unknown,
  sent: (id: unknown) => SentRequest | undefined,
): StrangeFrame | undefined => {
  if (!t.UnknownRecord.is(frame)) return strange('frame', '', frame);
  const { id, method: name, params } = frame;
  if (typeof name === 'string') {
    const what = id === undefined ? 'notification' : 'request';
    if (what === 'request' && !FrameId.is(id)) return strange(what, name, frame);
    const fits = (what === 'request' ? requests : notifications).get(name);
    const isKnown =
      fits?.(params ?? undefined) === true &&
      !(name === notification.progress && isOfNobody(params, sent));
    return isKnown ? undefined : strange(what, name, params);
  }
  if (!isResponse(frame)) return strange('frame', '', frame);
  const request = sent(id);
  const isOfTool = request?.method !== method.toolExecute || ToolResult.is(frame);
  const isKnown = request?.isAnswered === false && (Refusal.is(frame) || isOfTool);
  return isKnown ? undefined : strange('response', request?.method ?? '', frame);
};

const WithToken = t.type({ progressToken: t.unknown });
const isOfNobody = (params: unknown, sent: (id: unknown) => SentRequest | undefined): boolean =>
  !(WithToken.is(params) && sent(params.progressToken) !== undefined);
