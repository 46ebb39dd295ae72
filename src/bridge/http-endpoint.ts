import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CancelledNotificationSchema, type RequestId } from '@modelcontextprotocol/sdk/types.js';
import { Observable } from 'rxjs';
import { type EndpointEvent, newToken, sameSecret, TOKEN } from './endpoint.js';
import type { Tool } from './tool-list.js';
import { toolServer } from './tool-server.js';

/**
 * Connections at a time, a call each; and milliseconds for the headers of a request: no stranger
 * uses up what the plugin may open.
 */
const MAX_CONNECTIONS = 64;
const HEADERS_TIMEOUT_MS = 5_000;

/** Bytes of one request that pass, the arguments of a call included: 64 MiB. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/**
 * A way into the bridge without a process: MCP over streamable HTTP on a free port of 127.0.0.1,
 * stateless, for who has the turn's token.
 *
 * Emits `listening` once, then the calls. Fails when no port can be had. Unsubscribe closes the
 * port and every connection; open calls are cancelled. The token has 256 bits, is made anew for
 * each subscription and reaches codex by its environment only.
 */
export const httpEndpoint = (tools: readonly Tool[]): Observable<EndpointEvent> =>
  new Observable((subscriber) => {
    const token = newToken();
    const open = new Map<RequestId, ServerResponse>();
    let port = 0;
    const server = createServer((request, response) => {
      const refusal = refusalOf(request, port, token);
      if (refusal !== undefined) {
        response.writeHead(refusal, { connection: 'close' }).end();
        return;
      }
      const mcp = toolServer(tools, (call, id) => {
        open.set(id, response);
        response.on('close', () => {
          if (open.get(id) === response) open.delete(id);
        });
        subscriber.next(call);
      });
      // Stateless: a cancel comes in a request of its own.
      mcp.setNotificationHandler(CancelledNotificationSchema, ({ params: { requestId } }) => {
        if (requestId !== undefined) open.get(requestId)?.destroy();
      });
      const transport = new StreamableHTTPServerTransport({
        maxRequestBodySize: MAX_REQUEST_BYTES,
      });
      const drop = (): void => void response.destroy();
      response.on('close', () => {
        mcp.close().catch(drop);
      });
      mcp
        // The class says `| undefined` where its interface says nothing, which
        // exactOptionalPropertyTypes tells apart.
        .connect(Object.assign(transport, {}))
        .then(() => transport.handleRequest(request, response))
        .catch(drop);
    });
    server.on('error', (error) => {
      subscriber.error(error);
    });
    // A tool may take its time: the tool timeout is the limit.
    server.requestTimeout = 0;
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    server.maxConnections = MAX_CONNECTIONS;
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

const refusalOf = (
  { headers, url }: IncomingMessage,
  port: number,
  token: string,
): number | undefined => {
  // A browser that was led here sends an Origin, or another Host.
  if (headers.host !== `127.0.0.1:${port}` || headers.origin !== undefined) return 403;
  if (!sameSecret(headers.authorization ?? '', `Bearer ${token}`)) return 401;
  return url === '/mcp' ? undefined : 404;
};
