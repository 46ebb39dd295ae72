import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { filter, firstValueFrom, lastValueFrom, ReplaySubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EndpointEvent, Listening, ToolCall } from '../../src/bridge/endpoint.js';
import { removeDeadSockets } from '../../src/bridge/socket-dir.js';
import { socketEndpoint } from '../../src/bridge/socket-endpoint.js';
import { MAX_STRANGERS } from '../../src/bridge/strangers.js';
import type { Tool } from '../../src/bridge/tool-list.js';

const tools: readonly Tool[] = [{ name: 'add', inputSchema: { type: 'object' } }];
const relay = { command: process.execPath, args: [import.meta.filename, 'mcp-host'] };

const isListening = (event: EndpointEvent): event is Listening => event.type === 'listening';
const isCall = (event: EndpointEvent): event is ToolCall => event.type === 'call';

const temporary = () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'plexum-sock-'));
  const at = (...names: string[]): string => path.join(dir, ...names);
  return { dir, at, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
};

/** An open endpoint; its calls are kept. */
const open = async (bases: readonly string[]) => {
  const events$ = new ReplaySubject<EndpointEvent>(Infinity);
  const subscription = socketEndpoint(tools, bases, relay).subscribe(events$);
  const { access } = await firstValueFrom(events$.pipe(filter(isListening)));
  const close = (): void => {
    subscription.unsubscribe();
  };
  const socket = access.env['PLEXUM_MCP_SOCKET'] ?? '';
  return {
    access,
    socket,
    token: access.env['PLEXUM_MCP_TOKEN'] ?? '',
    call$: events$.pipe(filter(isCall)),
    close,
    [Symbol.dispose]: close,
  };
};

const failureOf = async (bases: readonly string[], command = relay): Promise<string> =>
  JSON.stringify(await firstValueFrom(socketEndpoint(tools, bases, command)).catch(String));

/** What codex says through the relay, and what it hears. */
const dial = (socket: string) => {
  const connection = createConnection(socket);
  connection.on('error', () => undefined);
  const lines = createInterface(connection)[Symbol.asyncIterator]();
  return {
    connection,
    say: (line: unknown) =>
      connection.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
    heard: async (): Promise<unknown> => JSON.parse(String((await lines.next()).value)),
    closed: closing(connection),
  };
};
const closing = (connection: Socket): Promise<string> => {
  let said = '';
  connection.on('data', (chunk) => (said += String(chunk)));
  return new Promise(
    (resolve) =>
      void connection.on('close', () => {
        resolve(said);
      }),
  );
};

const list = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/list' });
const callOf = (id: number, more = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'add', arguments: { id }, ...more },
});
const mode = (file: string): number => statSync(file).mode & 0o777;

describe('socketEndpoint', () => {
  it('emits the command of the relay for codex', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    expect(endpoint.token).toMatch(/^[0-9a-f]{64}$/);
    expect(endpoint.access).toEqual({
      server: {
        command: JSON.stringify(process.execPath),
        args: JSON.stringify(relay.args),
        env_vars: '["PLEXUM_MCP_SOCKET","PLEXUM_MCP_TOKEN"]',
      },
      env: { PLEXUM_MCP_SOCKET: endpoint.socket, PLEXUM_MCP_TOKEN: endpoint.token },
    });
  });

  it.each([
    ['the plugin', { ...relay, args: ['/gone', 'mcp-host'] }],
    ['Node', { ...relay, command: '/gone' }],
  ])(
    'fails when an upgrade has removed %s, of which codex could only say that it is closed',
    async (_what, command) => {
      using lab = temporary();
      expect(await failureOf([lab.at('run')], command)).toMatch(
        /\/gone is gone.*run scripts\/install\.sh again, then restart the daemon/,
      );
      expect(existsSync(lab.at('run'))).toBe(false);
    },
  );

  it('serves codex beside 200 strangers, of which few stay', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    const codex = dial(endpoint.socket);
    codex.say(endpoint.token);
    codex.say(list(1));
    await codex.heard();
    const strangers = Array.from({ length: 200 }, () => createConnection(endpoint.socket));
    const closed = strangers.map(closing);
    for (const stranger of strangers) stranger.on('error', () => undefined);
    await Promise.all(closed.slice(0, -MAX_STRANGERS));
    const later = dial(endpoint.socket);
    later.say(endpoint.token);
    for (const { say, heard } of [codex, later]) {
      say(list(2));
      expect(await heard()).toMatchObject({ id: 2, result: { tools } });
    }
    for (const stranger of strangers) stranger.destroy();
  });

  it('closes a connection that sends more than a token without a line feed', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    const stranger = dial(endpoint.socket);
    stranger.connection.write('x'.repeat(2_000));

    expect(await stranger.closed).toBe('');
  });

  it.each([[0o022], [0o000]])(
    'creates a private folder and socket at the umask %o',
    async (mask) => {
      using lab = temporary();
      const before = process.umask(mask);
      try {
        using endpoint = await open([lab.at('run')]);
        expect(mode(lab.at('run'))).toBe(0o700);
        expect(mode(path.dirname(endpoint.socket))).toBe(0o700);
        expect(mode(endpoint.socket)).toBe(0o600);
      } finally {
        process.umask(before);
      }
    },
  );

  it('refuses a base where others may write', async () => {
    using lab = temporary();
    mkdirSync(lab.at('open'));
    chmodSync(lab.at('open'), 0o777);
    using endpoint = await open([lab.at('open'), lab.at('run')]);
    expect(mode(path.dirname(path.dirname(endpoint.socket))) & 0o022).toBe(0);
  });

  it('serves a connection whose first line is the token', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    const { say, heard, connection } = dial(endpoint.socket);
    say(endpoint.token);
    say(list(1));
    expect(await heard()).toEqual({ jsonrpc: '2.0', id: 1, result: { tools } });
    say(callOf(2, { _meta: { callId: 'call_1' } }));
    const call = await firstValueFrom(endpoint.call$);
    expect(call).toMatchObject({ name: 'add', arguments: { id: 2 }, callId: 'call_1' });
    call.answer({ content: [{ type: 'text', text: '数' }] });
    expect(await heard()).toEqual({
      jsonrpc: '2.0',
      id: 2,
      result: { content: [{ type: 'text', text: '数' }] },
    });
    connection.destroy();
  });

  it.each([
    ['a wrong token', () => '0'.repeat(64)],
    ['the token and more', (token: string) => `${token}0`],
    ['a part of the token', (token: string) => token.slice(1)],
    ['the token as JSON', (token: string) => JSON.stringify(token)],
    ['a request', () => JSON.stringify(list(1))],
    ['an odd line', () => '{'.repeat(1_000)],
  ])('closes a connection that begins with %s, without an answer', async (_name, first) => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    const { say, closed } = dial(endpoint.socket);
    say(first(endpoint.token));
    say(endpoint.token);
    say(list(1));
    expect(await closed).toBe('');
  });

  it('closes a connection with the token of another turn', async () => {
    using lab = temporary();
    using one = await open([lab.at('run')]);
    using other = await open([lab.at('run')]);
    const { say, closed } = dial(one.socket);
    say(other.token);
    say(list(1));
    expect(await closed).toBe('');
  });

  it('serves two connections and answers each on its own', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    void endpoint.call$.forEach(({ arguments: { id }, answer }) => {
      answer({ content: [{ type: 'text', text: String(id) }] });
    });
    const [one, other] = [dial(endpoint.socket), dial(endpoint.socket)];
    for (const [{ say }, id] of [[one, 1] as const, [other, 2] as const]) {
      say(endpoint.token);
      say(callOf(id));
    }
    expect(await one.heard()).toMatchObject({ id: 1, result: { content: [{ text: '1' }] } });
    expect(await other.heard()).toMatchObject({ id: 2, result: { content: [{ text: '2' }] } });
    one.connection.destroy();
    other.connection.destroy();
  });

  it('cancels a call when codex cancels it', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    const { say, heard, connection } = dial(endpoint.socket);
    say(endpoint.token);
    say(callOf(1));
    const call = await firstValueFrom(endpoint.call$);
    say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await firstValueFrom(call.cancelled$);
    call.answer({ content: [] });
    say(list(2));
    expect(await heard()).toMatchObject({ id: 2 });
    connection.destroy();
  });

  it('cancels a call when the relay disconnects', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    const { say, connection } = dial(endpoint.socket);
    say(endpoint.token);
    say(callOf(1));
    const call = await firstValueFrom(endpoint.call$);
    connection.destroy();
    await firstValueFrom(call.cancelled$);
  });

  it('removes the socket and its folder on unsubscribe', async () => {
    using lab = temporary();
    using endpoint = await open([lab.at('run')]);
    const { say, heard, closed } = dial(endpoint.socket);
    say(endpoint.token);
    say(list(1));
    await heard();
    say(callOf(2));
    const call = await firstValueFrom(endpoint.call$);
    const cancelled = firstValueFrom(call.cancelled$);
    endpoint.close();
    await cancelled;
    await closed;
    expect(readdirSync(lab.dir)).toEqual([]);
  });

  it('keeps the folders of other users', async () => {
    using lab = temporary();
    using staying = await open([lab.at('run')]);
    const leaving = await open([lab.at('run')]);
    leaving.close();
    expect(readdirSync(lab.at('run'))).toEqual([path.basename(path.dirname(staying.socket))]);
  });

  it('does not fail when its folder is already gone', async () => {
    using lab = temporary();
    const endpoint = await open([lab.at('run')]);
    rmSync(lab.at('run'), { recursive: true });
    expect(endpoint.close).not.toThrow();
  });

  describe('with an unusable base', () => {
    it('uses the next base when the path is too long', async () => {
      using lab = temporary();
      const long = lab.at('x'.repeat(100));
      using endpoint = await open([long, lab.at('run')]);
      expect(endpoint.socket.startsWith(lab.at('run'))).toBe(true);
      expect(existsSync(long)).toBe(false);
    });

    it('measures the path in bytes, not characters', async () => {
      using lab = temporary();
      using endpoint = await open([lab.at('数'.repeat(30)), lab.at('run')]);
      expect(endpoint.socket.startsWith(lab.at('run'))).toBe(true);
    });

    it('accepts a path of exactly the longest length', async () => {
      using lab = temporary();
      const base = lab.at('x'.repeat(103 - '/s-123456/s'.length - lab.dir.length - 1));
      using endpoint = await open([base]);
      expect(Buffer.byteLength(endpoint.socket)).toBe(103);
    });

    it('fails with the reason for each base when none is usable', async () => {
      using lab = temporary();
      writeFileSync(lab.at('file'), '');
      symlinkSync(lab.dir, lab.at('link'));
      const said = await failureOf([lab.at('x'.repeat(100)), lab.at('link'), lab.at('file')]);
      expect(said).toContain('too long');
      expect(said).toContain(`${lab.at('link')}: `);
      expect(said).toContain(`${lab.at('file')}: `);
      expect(readdirSync(lab.dir).toSorted()).toEqual(['file', 'link']);
    });

    it('fails when somebody removes the socket before it is ready', async () => {
      using lab = temporary();
      const failure = failureOf([lab.at('run')]);
      rmSync(lab.at('run'), { recursive: true });
      expect(await failure).toContain('ENOENT');
    });

    it('fails without bases', async () => {
      expect(await failureOf([])).toContain('no place for a socket');
    });
  });
});

describe('removeDead', () => {
  it('removes the folders of this user whose socket nobody listens on, and nothing else', async () => {
    using lab = temporary();
    using live = await open([lab.dir]);
    for (const name of ['s-dead01', 's-young1', 's-toolong', 'other', 's-dead02'])
      mkdirSync(lab.at(name));
    writeFileSync(lab.at('s-file01'), '');
    writeFileSync(lab.at('s-dead02/s'), '');
    utimesSync(lab.at('s-dead01'), new Date(0), new Date(0));
    symlinkSync(lab.at('other'), lab.at('s-link01'));
    await lastValueFrom(removeDeadSockets([lab.dir]), { defaultValue: undefined });

    const kept = [
      path.basename(path.dirname(live.socket)),
      'other',
      's-file01',
      's-link01',
      's-toolong',
      's-young1',
    ];
    expect(readdirSync(lab.dir).toSorted()).toEqual(kept.toSorted());
    const { say, heard, connection } = dial(live.socket);
    say(live.token);
    say(list(1));
    expect(await heard()).toMatchObject({ id: 1 });
    connection.destroy();
  });

  it('keeps a socket whose owner is slow to accept', async () => {
    using lab = temporary();
    mkdirSync(lab.at('s-busy01'));
    const server = createServer();
    server.listen({ path: lab.at('s-busy01/s'), backlog: 1 });
    await once(server, 'listening');
    await lastValueFrom(removeDeadSockets([lab.dir]), { defaultValue: undefined });
    expect(readdirSync(lab.dir)).toEqual(['s-busy01']);
    server.close();
  });

  it.each([['empty'], ['missing']])('completes for a base that is %s', async (kind) => {
    using lab = temporary();
    await lastValueFrom(removeDeadSockets([kind === 'empty' ? lab.dir : lab.at('missing')]), {
      defaultValue: undefined,
    });
    expect(existsSync(lab.at('missing'))).toBe(false);
  });
});
