import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { type LineTransport, lineTransport } from '../lines/line-transport.js';
import { parseLine } from '../lines/parse-json.js';
import { readFrame } from '../lines/read-frame.js';
import { cancelledId, inboundFrame, isResponse } from '../lines/rpc-frame.js';

/** The largest request in bytes, with the arguments of a call: 64 MiB. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** The session that a client was given at `initialize`, which it repeats; empty without one. */
export const sessionOf = ({ headers }: IncomingMessage): string => {
  const given = headers[SESSION];
  return typeof given === 'string' ? given : '';
};

const SESSION = 'mcp-session-id';

/**
 * Answers one POST of MCP over streamable HTTP: a request with an event stream, a notification or a
 * response with 202, everything else with 400. A session tells clients apart, and keeps no state.
 * `createServer` returns the MCP server for one request. Calls `cancel` with the id of a request
 * that codex cancels; it comes in a POST of its own.
 *
 * The SDK's transport writes JSON itself; ours keeps the numbers of `readFrame`.
 */
export const answerPost = (
  request: IncomingMessage,
  response: ServerResponse,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see toolServer
  createServer: () => Server,
  cancel: (id: RequestId) => void,
): void => {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
    else if (!response.headersSent) refuse(response, 413);
  });
  request.on('end', () => {
    if (response.headersSent) return;
    const body = Buffer.concat(chunks);
    const line = isUtf8(body) ? body.toString('utf8') : { undecodable: size };
    const parsed = parseLine(line, readFrame);
    const frame = parsed.type === 'json' ? parsed.value : undefined;
    const message = inboundFrame(frame);
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) cancel(cancelled);
    if (isJSONRPCRequest(message))
      answerRequest(frame, response, createServer(), message.method === 'initialize');
    else refuse(response, isJSONRPCNotification(message) || isResponse(frame) ? 202 : 400);
  });
};

const refuse = (response: ServerResponse, status: number): void => {
  response.writeHead(status, status === 413 ? { connection: 'close' } : {}).end();
};

/** Answers a request with an event stream: notifications of its progress, then its response. */
const answerRequest = (
  frame: unknown,
  response: ServerResponse,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see toolServer
  mcp: Server,
  isInitialize: boolean,
): void => {
  const events = eventsTo(response);
  const transport = lineTransport(events);
  const send = transport.send.bind(transport);
  const sendAndEnd: LineTransport['send'] = async (message, options) => {
    await send(message, options);
    if (!('method' in message)) events.end();
  };
  const destroy = (): void => void response.destroy();
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    ...(isInitialize ? { [SESSION]: randomUUID() } : {}),
  });
  response.flushHeaders();
  response.on('close', () => {
    mcp.close().catch(destroy);
  });
  mcp
    .connect(Object.assign(transport, { send: sendAndEnd }))
    .then(() => transport.receive(frame))
    .catch(destroy);
};

/** Writes each line as a server-sent event, and ends the response after the last one. */
const eventsTo = (response: ServerResponse): Writable =>
  new Writable({
    decodeStrings: false,
    write: (line, _encoding, done) => {
      response.write(`event: message\ndata: ${String(line)}\n`, () => done());
    },
    final: (done) => {
      response.end(() => done());
    },
  });
