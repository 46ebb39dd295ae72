import { chmodSync, existsSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { Observable, type Subscription, tap } from 'rxjs';
import { tomlString } from '../codex/config-toml.js';
import { holdBack } from '../lines/hold-back.js';
import { type Line, MAX_LINE_BYTES } from '../lines/line.js';
import { lineTransport } from '../lines/line-transport.js';
import { parseJson } from '../lines/parse-json.js';
import { readFrame } from '../lines/read-frame.js';
import { readable } from '../lines/readable.js';
import { splitLines } from '../lines/split-lines.js';
import { type EndpointEvent, newToken, sameSecret, TOKEN, type ToolCall } from './endpoint.js';
import { createSocketDir } from './socket-dir.js';
import { createStrangers, type Strangers } from './strangers.js';
import type { Tool } from './tool-list.js';
import { toolServer } from './tool-server.js';

/** The environment variable with the path of the socket, for the relay. */
const SOCKET = 'PLEXUM_MCP_SOCKET';

const LF = 0x0a;

/** The first line is the token. Bytes that are read without one. */
const MAX_TOKEN_BYTES = 1_024;

/** The command by which codex starts the relay. */
export interface RelayCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * An endpoint behind a relay process: codex starts `mcp-host`, which connects to a unix socket of
 * the plugin and sends the token of the turn as its first line.
 *
 * Emits `listening` once, then the calls. Never completes; fails when no folder of `bases` can hold
 * the socket, when its mode cannot be set, and when the program of the relay is gone. Unsubscribe
 * closes every connection and removes the socket with its folder. The socket has mode 0600 in a
 * folder of mode 0700; a connection without the token is closed, see `createStrangers`.
 */
export const socketEndpoint = (
  tools: readonly Tool[],
  bases: readonly string[],
  relay: RelayCommand,
): Observable<EndpointEvent> =>
  new Observable((subscriber) => {
    refuseGoneRelay(relay);
    const token = newToken();
    const { socket, remove } = createSocketDir(bases);
    const connections = new Set<Socket>();
    const strangers = createStrangers<Socket>();
    const server = createServer((connection) => {
      connections.add(connection);
      strangers.admit(connection);
      connection.on('error', () => connection.destroy());
      connection.on('close', () => connections.delete(connection));
      const session = serveConnection(connection, { token, tools, strangers }, (call) => {
        subscriber.next(call);
      });
      connection.on('close', () => {
        session.unsubscribe();
      });
    });
    server.on('error', (error) => {
      subscriber.error(error);
    });
    server.listen(socket, () => {
      try {
        chmodSync(socket, 0o600);
      } catch (error) {
        // Its folder is gone, or the file system has no modes.
        subscriber.error(error);
        return;
      }
      subscriber.next({
        type: 'listening',
        access: {
          server: {
            command: tomlString(relay.command),
            args: `[${relay.args.map(tomlString).join(',')}]`,
            env_vars: JSON.stringify([SOCKET, TOKEN]),
          },
          env: { [SOCKET]: socket, [TOKEN]: token },
        },
      });
    });
    return () => {
      server.close();
      for (const connection of connections) connection.destroy();
      remove();
    };
  });

/** Throws when the files of the command are gone, of which codex would only say that it closed. */
const refuseGoneRelay = ({ command, args: [program = command] }: RelayCommand): void => {
  const gone = [command, program].find((file) => path.isAbsolute(file) && !existsSync(file));
  if (gone !== undefined)
    throw new Error(
      `${gone} is gone, and codex needs it to reach the tools ("bridge": "stdio"): run scripts/install.sh again, then restart the daemon`,
    );
};

interface Served {
  readonly token: string;
  readonly tools: readonly Tool[];
  readonly strangers: Strangers<Socket>;
}

/** Serves MCP over one connection. The first line is the token. */
const serveConnection = (
  connection: Socket,
  { token, tools, strangers }: Served,
  onCall: (call: ToolCall) => void,
): Subscription => {
  const server = toolServer(tools, onCall);
  const transport = lineTransport(connection);
  let trusted = false;
  connection.on('close', () => {
    server.close().catch(() => undefined);
  });
  server.connect(transport).catch(() => connection.destroy());
  const read$ = (ready$: Observable<boolean>): Observable<Line> =>
    readable(connection, ready$).pipe(
      tap((chunk) => {
        if (!trusted && connection.bytesRead > MAX_TOKEN_BYTES && !chunk.includes(LF))
          connection.destroy();
      }),
      splitLines(MAX_LINE_BYTES, { strict: true }),
    );
  return holdBack(read$, transport.holding)
    .pipe(parseJson(readFrame))
    .subscribe({
      next: (parsed) => {
        if (!trusted) {
          trusted = parsed.type === 'malformed' && sameSecret(parsed.sample, token);
          if (trusted) strangers.trust(connection);
          else connection.destroy();
        } else if (parsed.type === 'json') transport.receive(parsed.value);
        else transport.refuse(parsed.reason);
      },
      error: () => connection.destroy(),
      complete: () => connection.destroy(),
    });
};
