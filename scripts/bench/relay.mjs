// Row "relay": the relay as codex starts it, on a socket that closes at once, and Node with nothing
// to do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { started } from './children.mjs';
import { alternate } from './rounds.mjs';

/**
 * Milliseconds to the first byte on the socket, and to the exit.
 * @typedef {{ arrived: number, end: number }} Start
 */
/** @typedef {{ relay: Start[], node: Start[] }} Starts */

/** A token of the plugin's length. */
const TOKEN = '0'.repeat(64);

/**
 * @param {{ root: string, temporary: string, rounds: number }} options
 * @returns {Promise<Starts>}
 */
export const measureRelay = async ({ root, temporary, rounds }) => {
  const dir = path.join(temporary, 'relay');
  await mkdir(dir);
  const socket = path.join(dir, 's');
  let arrived = NaN;
  // The connection closes with the relay, which exits when its stdin ends.
  const listener = createServer((connection) => {
    connection.on('data', () => {
      if (Number.isNaN(arrived)) arrived = performance.now();
    });
    connection.on('error', () => connection.destroy());
  });
  listener.listen(socket);
  await once(listener, 'listening');
  // codex gives its MCP servers little more than this.
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
  const starts = await alternate(rounds, relay, node);
  listener.close();
  if (starts.ours.some((run) => Number.isNaN(run.arrived)))
    throw new Error('the relay ended without a byte on the socket');
  return { relay: starts.ours, node: starts.peer };
};
