import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Observable } from 'rxjs';
import { newPath, sameSecret } from './endpoint.js';
import { createStrangers, MAX_STRANGERS } from './strangers.js';

/** Answers a request that has shown the token. */
export type AnswerRequest = (request: IncomingMessage, response: ServerResponse) => void;

/** An open port for the endpoints of all agents. */
export interface HttpListener {
  /** Answers the requests to a new path that have this token. */
  readonly serve: (token: string, answer: AnswerRequest) => HttpRoute;
}

/** A path of the port. */
export interface HttpRoute {
  readonly url: string;
  /** Ends its connections; those of other paths stay. From now on there is no such path. */
  readonly close: () => void;
}

/** The connections of a path that stay open between requests; more end with their answer. */
export const MAX_KEPT = 4;

interface Served {
  readonly token: string;
  readonly answer: AnswerRequest;
  readonly connections: Set<Socket>;
}

/**
 * Listens on a free port of 127.0.0.1, for endpoints with a path and a token each. A connection
 * belongs to the endpoint that has answered its last request; see `createStrangers` for others.
 *
 * Emits the listener once it listens. Never completes; fails when it cannot listen. Unsubscribe
 * closes the port and every connection.
 */
export const httpListener = (): Observable<HttpListener> =>
  new Observable((subscriber) => {
    const paths = new Map<string, Served>();
    /** The connections of the endpoint to which a connection belongs. */
    const owners = new WeakMap<Socket, Set<Socket>>();
    const strangers = createStrangers<Socket>({
      limit: () => MAX_STRANGERS * Math.max(1, paths.size),
    });
    let host = '';
    const own = (socket: Socket, connections?: Set<Socket>): void => {
      owners.get(socket)?.delete(socket);
      if (connections === undefined) return;
      owners.set(socket, connections.add(socket));
    };
    const server = createServer((request, response) => {
      const served = servedBy(request, host, paths);
      if (typeof served === 'number') {
        response.writeHead(served, { connection: 'close' }).end();
        return;
      }
      const { socket } = request;
      strangers.trust(socket);
      own(socket, served.connections);
      if (served.connections.size > MAX_KEPT) response.setHeader('connection', 'close');
      served.answer(request, response);
    });
    const serve: HttpListener['serve'] = (token, answer) => {
      const path = newPath();
      const served: Served = { token, answer, connections: new Set() };
      paths.set(path, served);
      return {
        url: `http://${host}${path}`,
        close: () => {
          paths.delete(path);
          for (const socket of served.connections) socket.destroy();
        },
      };
    };
    server.on('error', (error) => {
      subscriber.error(error);
    });
    server.on('connection', (socket) => {
      strangers.admit(socket);
      socket.once('close', () => {
        own(socket);
      });
    });
    // The tool timeout limits a call. Node checks its own limits every 30 s only.
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    // A call on a connection that is closed at that moment fails: codex does not send it again.
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      host = `127.0.0.1:${port}`;
      subscriber.next({ serve });
    });
    return () => {
      server.close();
      server.closeAllConnections();
    };
  });

/** Who answers a request, or the HTTP status that refuses it. */
const servedBy = (
  { headers, url = '', method }: IncomingMessage,
  host: string,
  paths: ReadonlyMap<string, Served>,
): Served | number => {
  // A browser that a web page sends here has an Origin, or another Host.
  if (headers.host !== host || headers.origin !== undefined) return 403;
  const served = paths.get(url);
  const allowed = served === undefined ? [...paths.values()] : [served];
  const given = headers.authorization ?? '';
  if (!allowed.some(({ token }) => sameSecret(given, `Bearer ${token}`))) return 401;
  if (served === undefined) return 404;
  return method === 'POST' ? served : 405;
};
