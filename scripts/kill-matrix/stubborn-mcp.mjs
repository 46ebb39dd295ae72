// An MCP server without tools that does not mind the end of its stdin.
import { createInterface } from 'node:readline';

const say = (/** @type {unknown} */ id, /** @type {object} */ result) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize')
    say(id, {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'stubborn', version: '0' },
    });
  else if (method === 'tools/list') say(id, { tools: [] });
  else if (id !== undefined) say(id, {});
});
process.stdout.on('error', () => {});
setInterval(() => {}, 1e6);
