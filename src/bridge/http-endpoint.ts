import type { ServerResponse } from 'node:http';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import { mergeMap, Observable } from 'rxjs';
import { type EndpointEvent, newToken, TOKEN, type ToolCall } from './endpoint.js';
import { answerPost, sessionOf } from './http-exchange.js';
import type { HttpListener } from './http-listener.js';
import type { Tool } from './tool-list.js';
import { toolServer } from './tool-server.js';

/**
 * An endpoint without a process: stateless MCP over streamable HTTP on a path of `listener$`.
 * Every request needs the path and the token of the turn; see `httpListener` for other requests.
 *
 * Emits `listening` once, then the calls. Completes and fails with the listener. Unsubscribe ends
 * the path and its connections, which cancels open calls. Each subscription creates a path, and a
 * token of 256 bits, which reaches codex through its environment only.
 */
export const httpEndpoint = (
  tools: readonly Tool[],
  listener$: Observable<HttpListener>,
): Observable<EndpointEvent> => listener$.pipe(mergeMap((listener) => endpointOn(listener, tools)));

const endpointOn = ({ serve }: HttpListener, tools: readonly Tool[]): Observable<EndpointEvent> =>
  new Observable((subscriber) => {
    const token = newToken();
    const open = new Map<string, ServerResponse>();
    const { url, close } = serve(token, (request, response) => {
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
    subscriber.next({
      type: 'listening',
      access: {
        server: { url: JSON.stringify(url), bearer_token_env_var: JSON.stringify(TOKEN) },
        env: { [TOKEN]: token },
      },
    });
    return close;
  });
