// The text of the launcher.
import { loaderText } from './loader.mjs';

/**
 * The launcher is CommonJS and ES module at once: which one Node takes it for is up to the
 * package.json above it. It says the version itself, and runs the packs of any other program.
 *
 * @param {{ version: string, digest: string, later: Record<string, string[]> }} built
 * `digest`: of the packs; `later`: the packs that each program may load after its own
 */
export const launcherText = ({ version, digest, later }) => `#!/usr/bin/env node
var major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write('plexum-openai-provider-plugin needs Node 20 or newer, this is ' + process.versions.node + '\\n');
  process.exit(1);
}
var command = process.argv[2];
var later = ${JSON.stringify(later)};

function start() {
  // Without a listener this signal opens Node's inspector, a port that runs any code.
  process.on('SIGUSR1', function () {});
  ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'].forEach(function (name) {
    process.on(name, function () {
      process.exit(0);
    });
  });
  var program = command === undefined ? 'main' : /^(manifest$|-|$)/.test(command) ? 'about' : command === 'say' || command === 'mcp-host' ? command : 'cli';
  try {
    load(program);
  } catch (unusable) {
    process.stderr.write('plexum-openai-provider-plugin: ' + unusable.message + '\\n');
    process.exitCode = 1;
    return;
  }
  if (later[program].length > 0) {
    // An upgrade may move or remove the folder while this process runs.
    folder = require('fs').openSync(__dirname);
    // Node's HTTP client reserves 10 GB of address space for its parser as soon as the server side
    // touches Request, which fails below a limit (ulimit -v). Nothing here is a client.
    WebAssembly.compile = function () {
      return new Promise(function () {});
    };
  }
  run('./' + program);
  if (command === undefined) setImmediate(function () {
    try {
      later[program].forEach(read);
    } catch (absent) {}
  });
  if (process.execArgv.length > 0 || process.env.NODE_OPTIONS) return;
  // The start is over by then, which collects less with a heap that grows.
  if (command === undefined && major <= 24) setTimeout(keepHeapSmall, 200, true).unref();
  process.on('exit', keepCode);
  setTimeout(keepCode, 2000).unref();
}

${loaderText(digest)}
// process.stdout takes 3 ms to make.
function print(text) {
  try {
    require('fs').writeSync(1, text);
  } catch (full) {
    process.stdout.on('error', function (lost) {
      if (lost.code === 'EPIPE') return;
      process.stderr.write('plexum-openai-provider-plugin: cannot write: ' + lost.message + '\\n');
      process.exitCode = 1;
    });
    process.stdout.write(text);
  }
}

if ((command === '--version' || command === '-V') && process.argv.length === 3) print("${version}" + '\\n');
else if (typeof require === 'function') start();
else import('./launcher.cjs');
`;
