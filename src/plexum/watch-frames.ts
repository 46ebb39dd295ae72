import * as t from 'io-ts';
import { inexact } from '../lines/exact-json.js';
import { method } from './methods.js';
import {
  FrameId,
  InitializeParams,
  type SentRequest,
  type StrangeFrame,
  strange,
  strangeFrame,
} from './strange-frame.js';

/** Watches the frames of both sides for what the plugin does not understand. */
export interface FrameWatch {
  /** Notes a frame of the plugin: its requests are expected to be answered. */
  readonly sent: (frame: unknown) => void;
  /** Judges a frame of the host. */
  readonly received: (frame: unknown) => void;
  /** A line of the host was no JSON. */
  readonly unreadable: () => void;
}

/** The most requests of the plugin that are remembered, the latest ones. */
const MAX_SENT = 1_000;

const Request = t.type({ id: FrameId, method: t.string });
const WithId = t.type({ id: FrameId });

/** The same for every JSON number that a host may write for an id of the plugin: 0, -0, 0.0. */
const keyOf = (id: t.TypeOf<typeof FrameId>): string => JSON.stringify(inexact(id));

/** Calls `onStrange` for each frame of the host that the plugin does not understand. */
export const watchFrames = (onStrange: (frame: StrangeFrame) => void): FrameWatch => {
  const requests = new Map<string, SentRequest>();
  const find = (id: unknown): SentRequest | undefined =>
    FrameId.is(id) ? requests.get(keyOf(id)) : undefined;
  return {
    sent: (frame) => {
      if (!Request.is(frame)) return;
      requests.set(keyOf(frame.id), { method: frame.method, isAnswered: false });
      for (const [oldest] of requests) if (requests.size > MAX_SENT) requests.delete(oldest);
    },
    received: (frame) => {
      const found = strangeFrame(frame, find);
      if (found !== undefined) onStrange(found);
      if (!WithId.is(frame) || Request.is(frame)) return;
      const request = find(frame.id);
      if (request !== undefined) requests.set(keyOf(frame.id), { ...request, isAnswered: true });
    },
    unreadable: () => onStrange(strange('line', '', undefined)),
  };
};

/**
 * A frame with params that MCP allows: an `initialize` of another shape is answered all the same,
 * since nothing else of the host would ever be seen. Every other frame stays as it is.
 */
export const withInitializeParams = (frame: unknown): unknown => {
  if (!Request.is(frame) || frame.method !== method.initialize) return frame;
  const params = t.type({ params: t.UnknownRecord }).is(frame) ? frame.params : {};
  if (InitializeParams.is(params)) return frame;
  const { protocolVersion, capabilities, clientInfo } = params;
  return {
    ...frame,
    params: {
      protocolVersion: typeof protocolVersion === 'string' ? protocolVersion : '',
      capabilities: t.UnknownRecord.is(capabilities) ? capabilities : {},
      clientInfo: InitializeParams.props.clientInfo.is(clientInfo)
        ? clientInfo
        : { name: 'unknown', version: '' },
    },
  };
};
