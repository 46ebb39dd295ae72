// The relay as codex starts it, on a socket that closes at once, and Node with nothing to do, one
// after the other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { started } from './children.mjs';

/**
 * @typedef {{ arrived: number, end: number }} Start milliseconds to the first byte on the socket,
 * to the exit
 */
/** @typedef {{ relay: Start[], node: Start[] }} Starts */

/** As long as the plugin's. */
const TOKEN = '0'.repeat(64);

/**
 * @param {{ root: string, temporary: string, rounds: number }} options @returns {Promise<Starts>}
 */
export const measureRelay = async ({ root, temporary, rounds }) => {
  const dir = path.join(temporary, 'relay');
  await mkdir(dir);
  const socket = path.join(dir, 's');
  let arrived = NaN;
  // It hangs up when the relay does, which is as soon as stdin ends.
  const listener = createServer((connection) => {
    connection.on('data', () => {
      if (Number.isNaN(arrived)) arrived = performance.now();
    });
    connection.on('error', () => connection.destroy());
  });
  listener.listen(socket);
  await once(listener, 'listening');
  // Little more reaches a server that codex starts.
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    PLEXUM_MCP_SOCKET: socket,
    PLEXUM_MCP_TOKEN: TOKEN,
  };

  /** @param {string[]} args @returns {Promise<Start>} */
  const start = async (args) => {
    arrived = NaN;
    const begin = performance.now();
    const child = spawn(process.execPath, args, { cwd: dir, env, stdio: ['pipe', 'pipe', 'pipe'] });
    started(child);
    let said = '';
    child.stdout.resume();
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text));
    child.stdin.on('error', () => {});
    child.stdin.end();
    let end = NaN;
    child.once('exit', () => (end = performance.now() - begin));
    const [code] = await once(child, 'close');
    if (code !== 0 || said !== '')
      throw new Error(`node ${args.join(' ')} exited with ${code}: ${said}`);
    return { arrived: arrived - begin, end };
  };
  const relay = () => start([path.join(root, 'dist/plexum-openai-provider-plugin'), 'mcp-host']);
  const node = () => start(['-e', '0']);

  // The first starts fill the file cache.
  await relay();
  await node();
  /** @type {Starts} */
  const starts = { relay: [], node: [] };
  for (let round = 0; round < rounds; round += 1) {
    const relayFirst = round % 2 === 0;
    if (relayFirst) starts.relay.push(await relay());
    starts.node.push(await node());
    if (!relayFirst) starts.relay.push(await relay());
  }
  listener.close();
  if (starts.relay.some((run) => Number.isNaN(run.arrived)))
    throw new Error('the relay ended without a byte on the socket');
  return starts;
};
