import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { executable } from '../support/lab.js';

const PREFIX = 'plexum-openai-provider-plugin mcp-host: ';

/** The relay as codex starts it. */
const relay = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [executable, 'mcp-host', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  child.stdin.on('error', () => undefined);
  const exited = new Promise<number | null>((resolve) => void child.on('exit', resolve));
  return { child, stdin: child.stdin, stdout: child.stdout, exited, stderr: text(child.stderr) };
};

/** A plugin's socket, for one test. */
const listen = async (serve: (connection: Socket, server: Server) => void) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'plexum-relay-'));
  const socket = path.join(dir, 's');
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    serve(connection, server);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    dir,
    [Symbol.dispose]: () => {
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
const echo = (connection: Socket): void => void connection.pipe(connection);

describe('mcp-host', () => {
  it.each([
    [['--nope', 'x'], 'unknown flag "--nope"'],
    [['serve'], 'unknown flag "serve"'],
    [['--socket'], '--socket needs a value'],
    [['--socket', '/nowhere/s', '--agent-id'], '--agent-id needs a value'],
    [['__proto__', 'x'], 'unknown flag "__proto__"'],
    [[], 'no socket'],
    [['--agent-id', 'ada'], 'no socket'],
    [['--socket', ''], 'no socket'],
    [['--socket', '/nowhere/s'], '/nowhere/s: '],
  ])('exits with 1 and a message for %j', async (args, message) => {
    const { exited, stderr, stdout } = relay(args);
    expect([await exited, await text(stdout)]).toEqual([1, '']);
    expect(await stderr).toContain(`${PREFIX}${message}`);
  });

  it('exits with 1 when nobody listens on the socket', async () => {
    const { socket, ...place } = await listen(echo);
    place[Symbol.dispose]();
    const { exited, stderr } = relay(['--socket', socket]);
    expect(await exited).toBe(1);
    expect(await stderr).toContain(`${PREFIX}${socket}: `);
  });

  it.each([
    ['a line', Buffer.from('{"jsonrpc":"2.0"}\n')],
    ['many alphabets', Buffer.from('数 🎉 é \u2028\r\n\0'.repeat(1_000))],
    ['bytes that are no text', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ['5 MB', randomBytes(5 * 1024 * 1024)],
  ])('relays %s both ways unchanged', async (_name, bytes) => {
    using place = await listen(echo);
    const { stdin, stdout, exited, stderr } = relay(['--socket', place.socket]);
    stdin.end(bytes);
    const came = await buffer(stdout);
    expect(came.equals(bytes)).toBe(true);
    expect([await exited, await stderr]).toEqual([0, '']);
  });

  it('does not open an inspector for SIGUSR1', async () => {
    using place = await listen(echo);
    const { child, stdin, stdout, exited, stderr } = relay(['--socket', place.socket]);
    for (const word of ['one', 'two']) {
      stdin.write(word);
      await once(stdout, 'data');
      child.kill('SIGUSR1');
    }
    stdin.end('end');
    expect(await text(stdout)).toBe('end');
    expect([await exited, await stderr]).toEqual([0, '']);
  });

  it('keeps characters intact whose bytes arrive in pieces', async () => {
    using place = await listen(echo);
    const { stdin, stdout, exited } = relay(['--socket', place.socket]);
    const pieces = Array.from(Buffer.from('🎉数\n'), (byte) => Buffer.from([byte]));
    const came: Buffer[] = [];
    for (const piece of pieces) {
      stdin.write(piece);
      const [back] = await once(stdout, 'data');
      came.push(back);
    }
    stdin.end();
    expect(Buffer.concat(came).toString()).toBe('🎉数\n');
    expect(await exited).toBe(0);
  });

  it('reads the socket from the environment', async () => {
    using place = await listen(echo);
    const { stdin, stdout, exited } = relay([], {
      PLEXUM_MCP_SOCKET: place.socket,
      PLEXUM_MCP_AGENT_ID: 'ada',
    });
    stdin.end('hi');
    expect([await text(stdout), await exited]).toEqual(['hi', 0]);
  });

  it('prefers the flag to the environment', async () => {
    using place = await listen(echo);
    const { stdin, stdout, exited } = relay(['--agent-id', 'ada', '--socket', place.socket], {
      PLEXUM_MCP_SOCKET: '/nowhere/s',
    });
    stdin.end('hi');
    expect([await text(stdout), await exited]).toEqual(['hi', 0]);
  });

  it.each([
    ['sends the token as its first line', { PLEXUM_MCP_TOKEN: 'secret' }, 'secret\nhi'],
    ['sends no line without a token', {}, 'hi'],
    ['sends no line for an empty token', { PLEXUM_MCP_TOKEN: '' }, 'hi'],
  ])('%s', async (_name, env, expected) => {
    using place = await listen(echo);
    const { stdin, stdout } = relay(['--socket', place.socket], env);
    stdin.end('hi');
    expect(await text(stdout)).toBe(expected);
  });

  it('exits with 0 when codex closes stdin, and closes the connection', async () => {
    let seen: Promise<unknown> = Promise.resolve();
    using place = await listen((connection) => {
      seen = once(connection.resume(), 'close');
    });
    const { stdin, exited, stderr } = relay(['--socket', place.socket]);
    stdin.end();
    expect([await exited, await stderr]).toEqual([0, '']);
    await seen;
  });

  it('exits with 1 and a message when the plugin closes the connection', async () => {
    using place = await listen((connection) => connection.end('last words'));
    const { stdout, exited, stderr } = relay(['--socket', place.socket]);
    expect([await text(stdout), await exited]).toEqual(['last words', 1]);
    expect(await stderr).toBe(`${PREFIX}the plugin closed the connection\n`);
  });

  it('relays everything that the plugin wrote before it closed, even to a slow reader', async () => {
    const words = randomBytes(3 * 1024 * 1024);
    using place = await listen((connection) => connection.end(words));
    const { child, stdout, exited } = relay(['--socket', place.socket]);
    let came = 0;
    // The pause lets the relay fill its pipe and see the end of the socket before the next read.
    for await (const chunk of stdout) {
      came += Buffer.byteLength(chunk);
      await new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));
    }
    expect([came, await exited, child.signalCode]).toEqual([words.length, 1, null]);
  });

  it('exits with 1 and a message when the plugin disconnects during a transfer', async () => {
    using place = await listen((connection) => {
      connection.once('data', () => connection.destroy());
    });
    const { stdin, exited, stderr } = relay(['--socket', place.socket]);
    stdin.write(randomBytes(5 * 1024 * 1024));
    expect(await exited).toBe(1);
    expect(await stderr).toContain(PREFIX);
  });

  it('exits when codex closes stdout', async () => {
    using place = await listen((connection) => {
      const more = (): void => {
        if (!connection.destroyed) connection.write('x'.repeat(65_536), more);
      };
      more();
    });
    const { child, stdout, exited } = relay(['--socket', place.socket]);
    await once(stdout, 'data');
    stdout.destroy();
    expect([await exited, child.signalCode]).toEqual([0, null]);
  });

  it('exits when codex is gone and the plugin does not read', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'plexum-relay-'));
    const server = createServer({ allowHalfOpen: true }, (connection) => connection.resume());
    server.listen(path.join(dir, 's'));
    await once(server, 'listening');
    const { child, stdin, exited } = relay(['--socket', path.join(dir, 's')]);
    onTestFinished(() => {
      child.kill('SIGKILL');
      server.close();
      rmSync(dir, { recursive: true, force: true });
    });
    stdin.end();
    expect(await exited).toBe(0);
  });
});
