import { chmodSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { Observable, type Subscription } from 'rxjs';
import { lineTransport } from '../lines/line-transport.js';
import { parseJson } from '../lines/parse-json.js';
import { readable } from '../lines/readable.js';
import { splitLines } from '../lines/split-lines.js';
import { type EndpointEvent, newToken, sameSecret, TOKEN, type ToolCall } from './endpoint.js';
import { socketPlace } from './socket-dir.js';
import type { Tool } from './tool-list.js';
import { toolServer } from './tool-server.js';

/** The variable by which codex hands the relay its place. */
const SOCKET = 'PLEXUM_MCP_SOCKET';

/** How codex starts the relay. */
export interface RelayCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * A way into the bridge by a relay process: codex starts `mcp-host`, which dials a unix socket of
 * ours and sends the turn's token as its first line.
 *
 * Emits `listening` once, then the calls. Fails when there is no place for the socket. Unsubscribe
 * closes every connection and removes the socket and its folder. The socket is 0600 in a folder
 * 0700; a connection without the token gets nothing.
 */
export const socketEndpoint = (
  tools: readonly Tool[],
  bases: readonly string[],
  relay: RelayCommand,
): Observable<EndpointEvent> =>
  new Observable((subscriber) => {
    const token = newToken();
    const { socket, leave } = socketPlace(bases);
    const connections = new Set<Socket>();
    const server = createServer((connection) => {
      connections.add(connection);
      connection.on('error', () => connection.destroy());
      connection.on('close', () => connections.delete(connection));
      const speaking = speak(connection, token, tools, (call) => {
        subscriber.next(call);
      });
      connection.on('close', () => {
        speaking.unsubscribe();
      });
    });
    server.on('error', (error) => {
      subscriber.error(error);
    });
    server.listen(socket, () => {
      chmodSync(socket, 0o600);
      subscriber.next({
        type: 'listening',
        access: {
          server: {
            command: JSON.stringify(relay.command),
            args: JSON.stringify(relay.args),
            env_vars: JSON.stringify([SOCKET, TOKEN]),
          },
          env: { [SOCKET]: socket, [TOKEN]: token },
        },
      });
    });
    return () => {
      server.close();
      for (const connection of connections) connection.destroy();
      leave();
    };
  });

/** MCP over one connection, from its second line on. */
const speak = (
  connection: Socket,
  token: string,
  tools: readonly Tool[],
  onCall: (call: ToolCall) => void,
): Subscription => {
  const server = toolServer(tools, onCall);
  const transport = lineTransport(connection);
  let trusted = false;
  connection.on('close', () => {
    server.close().catch(() => undefined);
  });
  server.connect(transport).catch(() => connection.destroy());
  return readable(connection)
    .pipe(splitLines(), parseJson())
    .subscribe({
      next: (parsed) => {
        if (!trusted) {
          trusted = parsed.type === 'malformed' && sameSecret(parsed.sample, token);
          if (!trusted) connection.destroy();
        } else if (parsed.type === 'json') transport.receive(parsed.value);
        else transport.refuse(parsed.reason);
      },
      error: () => connection.destroy(),
      complete: () => connection.destroy(),
    });
};
