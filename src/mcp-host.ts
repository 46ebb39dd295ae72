// The relay that codex starts: stdin and stdout <-> the plugin's unix socket. It knows no protocol
// and imports only node's own modules, for a fast start.
import { createConnection } from 'node:net';

const fail = (message: string): never => {
  process.stderr.write(`plexum-openai-provider-plugin mcp-host: ${message}\n`);
  process.exit(1);
};

const given: Record<string, string | undefined> = {
  '--socket': process.env['PLEXUM_MCP_SOCKET'],
  '--agent-id': process.env['PLEXUM_MCP_AGENT_ID'],
};
const args = process.argv.slice(3);
const USAGE = 'mcp-host [--socket PATH] [--agent-id ID]';
if (args[0] === '--help' || args[0] === '-h') {
  process.stdout.write(`Usage: plexum-openai-provider-plugin ${USAGE}

The relay between codex, on stdin and stdout, and a unix socket of the plugin. codex starts it when "bridge" is "stdio".

  --socket PATH    the socket (default: PLEXUM_MCP_SOCKET)
  --agent-id ID    the agent (default: PLEXUM_MCP_AGENT_ID)
`);
  process.exit();
}
for (let i = 0; i < args.length; i += 2) {
  const flag = args[i] ?? '';
  if (!Object.hasOwn(given, flag)) fail(`unknown flag ${JSON.stringify(flag)}; usage: ${USAGE}`);
  given[flag] = args[i + 1] ?? fail(`${flag} needs a value`);
}
const path = given['--socket'] ?? '';
if (path === '') fail('no socket: give --socket PATH or set PLEXUM_MCP_SOCKET');

const socket = createConnection(path);
const token = process.env['PLEXUM_MCP_TOKEN'] ?? '';
if (token !== '') socket.write(`${token}\n`);
socket.on('error', (error) => fail(`${path}: ${error.message}`));
// Either side ends the relay: codex by closing stdin, the plugin by closing the socket. Data in
// flight still arrives; the relay exits after 2 s of silence.
const endSocket = (): void => {
  socket.end();
  socket.setTimeout(2_000, () => process.exit(0));
};
let stdinEnded = false;
socket.on('close', () => {
  if (stdinEnded) process.exit(0);
  // codex may not have read the last answer yet.
  process.stdout.write('', () => fail('the plugin closed the connection'));
});
process.stdout.on('error', () => process.exit(0));
process.stdin.on('end', () => {
  stdinEnded = true;
  endSocket();
});
process.stdin.on('error', endSocket);
process.stdin.pipe(socket, { end: false });
socket.pipe(process.stdout, { end: false });
