import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import { Observable } from 'rxjs';
import { type EndpointEvent, newToken, sameSecret, TOKEN, type ToolCall } from './endpoint.js';
import { answerPost, sessionOf } from './http-exchange.js';
import { createStrangers } from './strangers.js';
import type { Tool } from './tool-list.js';
import { toolServer } from './tool-server.js';

/**
 * An endpoint without a process: stateless MCP over streamable HTTP on a free port of 127.0.0.1.
 * Every request needs the token of the turn; see `createStrangers` for other connections.
 *
 * Emits `listening` once, then the calls. Never completes; fails when it cannot listen. Unsubscribe
 * closes the port and every connection, which cancels open calls. Each subscription creates a token
 * of 256 bits, which reaches codex through its environment only.
 */
export const httpEndpoint = (tools: readonly Tool[]): Observable<EndpointEvent> =>
  new Observable((subscriber) => {
    const token = newToken();
    const open = new Map<string, ServerResponse>();
    const strangers = createStrangers<Socket>();
    let port = 0;
    const server = createServer((request, response) => {
      const refusal = refusalOf(request, port, token);
      if (refusal !== undefined) {
        response.writeHead(refusal, { connection: 'close' }).end();
        return;
      }
      strangers.trust(request.socket);
      // Each client counts its requests from 0, and an agent of a thread is a client of its own.
      const keyOf = (id: RequestId): string => `${sessionOf(request)} ${id}`;
      const createMcp = () =>
        toolServer(tools, (call, id) => {
          const key = keyOf(id);
          open.set(key, response);
          response.on('close', () => {
            if (open.get(key) === response) open.delete(key);
          });
          const progress: ToolCall['progress'] = (report) => {
            // Nobody misses a report that codex has no time to read.
            if (!response.writableNeedDrain) call.progress(report);
          };
          subscriber.next({ ...call, progress });
        });
      answerPost(request, response, createMcp, (id) => open.get(keyOf(id))?.destroy());
    });
    server.on('error', (error) => {
      subscriber.error(error);
    });
    server.on('connection', strangers.admit);
    // The tool timeout limits a call. Node checks its own limits every 30 s only.
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      port = typeof address === 'object' && address !== null ? address.port : 0;
      const url = `http://127.0.0.1:${port}/mcp`;
      subscriber.next({
        type: 'listening',
        access: {
          server: { url: JSON.stringify(url), bearer_token_env_var: JSON.stringify(TOKEN) },
          env: { [TOKEN]: token },
        },
      });
    });
    return () => {
      server.close();
      server.closeAllConnections();
    };
  });

/** The HTTP status that refuses a request; `undefined` accepts it. */
const refusalOf = (
  { headers, url, method }: IncomingMessage,
  port: number,
  token: string,
): number | undefined => {
  // A browser that a web page sends here has an Origin, or another Host.
  if (headers.host !== `127.0.0.1:${port}` || headers.origin !== undefined) return 403;
  if (!sameSecret(headers.authorization ?? '', `Bearer ${token}`)) return 401;
  if (url !== '/mcp') return 404;
  return method === 'POST' ? undefined : 405;
};
