// The relay that codex starts: stdin and stdout <-> the plugin's unix socket. No protocol and no
// imports but node's own, for a fast start.
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
for (let i = 0; i < args.length; i += 2) {
  const flag = args[i] ?? '';
  if (!Object.hasOwn(given, flag))
    fail(`unknown flag ${JSON.stringify(flag)}; usage: mcp-host [--socket PATH] [--agent-id ID]`);
  given[flag] = args[i + 1] ?? fail(`${flag} needs a value`);
}
const path = given['--socket'] ?? '';
if (path === '') fail('no socket: give --socket PATH or set PLEXUM_MCP_SOCKET');

const socket = createConnection(path);
const token = process.env['PLEXUM_MCP_TOKEN'] ?? '';
if (token !== '') socket.write(`${token}\n`);
socket.on('error', (error) => fail(`${path}: ${error.message}`));
// Whoever goes first takes the other along: codex by closing stdin, the plugin by closing the
// socket. What is on its way may arrive; 2 s of silence end it.
const codexGone = (): void => {
  socket.end();
  socket.setTimeout(2_000, () => process.exit(0));
};
let saidAll = false;
socket.on('close', () => {
  if (saidAll) process.exit(0);
  // The answer that came last may still wait for its reader.
  process.stdout.write('', () => fail('the plugin closed the connection'));
});
process.stdout.on('error', () => process.exit(0));
process.stdin.on('end', () => {
  saidAll = true;
  codexGone();
});
process.stdin.on('error', codexGone);
process.stdin.pipe(socket, { end: false });
socket.pipe(process.stdout, { end: false });
