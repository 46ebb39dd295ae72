// An MCP server with a tool that says what it is told.
import { createInterface } from 'node:readline';

/** @type {Record<string, (params: any) => object>} */
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'lab', version: '0' },
  }),
  'tools/list': () => ({
    tools: [{ name: 'echo', description: 'echo', inputSchema: { type: 'object' } }],
  }),
  'tools/call': ({ arguments: args }) => ({
    content: [{ type: 'text', text: JSON.stringify(args) }],
    isError: args?.fail === true,
  }),
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const answer = answers[method];
  if (id === undefined) return;
  process.stdout.write(
    `${JSON.stringify({ jsonrpc: '2.0', id, result: answer?.(params) ?? {} })}\n`,
  );
});
